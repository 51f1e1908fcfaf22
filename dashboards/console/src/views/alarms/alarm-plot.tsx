import type { AlarmDetail } from '../../api/types.ts';
import { useWords } from '../../i18n/words.tsx';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 220, 52, 24, 10];
const LABELS = 6;

/** What was found against what was expected, with the time of the alarm shaded; unknown values leave a hole, never a zero. */
export function AlarmPlot({ alarm }: { alarm: AlarmDetail }) {
  const { t, format, language } = useWords();
  const { plot } = alarm;
  if (!plot || plot.found.length < 2) return null;
  const from = Date.parse(plot.from);
  const stepMs = plot.stepS * 1_000;
  const count = plot.found.length;
  const top = Math.max(1e-9, ...[...plot.found, ...plot.expected].filter((value) => value !== null)) * 1.08;
  const x = (at: number): number => LEFT + (Math.min(Math.max(at, 0), count) / count) * (WIDTH - LEFT);
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const shade = [alarm.beganAt, alarm.endedAt].map((time, i) =>
    time === null ? x(i * count) : x((Date.parse(time) - from) / stepMs),
  );
  const [left = LEFT, right = WIDTH] = shade;
  const ticks = Array.from({ length: LABELS }, (_, i) => Math.floor((i * count) / LABELS));
  const path = (values: readonly (number | null)[]): string => pathOf(values, (i) => x(i + 0.5), y);
  return (
    <figure class="chart alarm-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t.alarms.plot(alarm.kindName[language])}>
        <rect class="alarm-span" x={left} y={TOP} width={Math.max(2, right - left)} height={HEIGHT - TOP - BOTTOM} />
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line class="alarm-grid" x1={LEFT} x2={WIDTH} y1={y(top * share)} y2={y(top * share)} />
            <text x={LEFT - 6} y={y(top * share) + 4} text-anchor="end">
              {format.axis(top * share)}
            </text>
          </g>
        ))}
        {ticks.map((i) => (
          <text key={i} x={x(i)} y={HEIGHT - 6}>
            {format.monthDay(from + i * stepMs)}
          </text>
        ))}
        <path class="alarm-expected" d={path(plot.expected)} />
        <path class="alarm-found" d={path(plot.found)} />
      </svg>
      <ul class="legend" aria-hidden="true">
        <li>
          <i class="key key-solid" />
          {t.alarms.found} ({plot.unit})
        </li>
        <li>
          <i class="key key-line" />
          {t.alarms.expected}
        </li>
      </ul>
    </figure>
  );
}

function pathOf(values: readonly (number | null)[], x: (i: number) => number, y: (value: number) => number): string {
  let pen = 'M';
  const parts: string[] = [];
  for (const [i, value] of values.entries()) {
    if (value === null) pen = 'M';
    else {
      parts.push(`${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
      pen = 'L';
    }
  }
  return parts.join('');
}
