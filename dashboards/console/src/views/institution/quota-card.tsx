import type { Institution, Quota, Verdict } from '../../api/types.ts';
import { yearElapsed } from '../../chart/calendar.ts';
import { useWords } from '../../i18n/words.tsx';
import { Badge } from '../../ui/badge.tsx';

const TONES = { within: 'good', over: 'bad', undecidable: 'plain' } as const satisfies Record<Verdict, string>;

/** Year to date against the annual quota: guide, base and constraint on one scale, and how far the year has come. */
export function QuotaCard({ institution, now }: { institution: Institution | null; now: number | null }) {
  const { t, format } = useWords();
  if (!institution) return <section class="card is-waiting" />;
  const { quota, yearToDate } = institution;
  return (
    <section class="card quota">
      <header class="card-head">
        <h2>{t.institution.quota}</h2>
        {quota && <small class="muted">{quota.year}</small>}
        {quota && yearToDate.verdict && (
          <Badge tone={TONES[yearToDate.verdict]} dot>
            {t.verdict[yearToDate.verdict]}
          </Badge>
        )}
        {quota?.sample && (
          <Badge tone="warn" hint={t.institution.sampleHint}>
            {t.institution.sample}
          </Badge>
        )}
        {quota && (
          <p class="card-aside">
            {yearToDate.share === null
              ? t.institution.shareUnknown
              : t.institution.share(format.share(yearToDate.share))}
          </p>
        )}
      </header>
      {quota ? (
        <QuotaScale quota={quota} used={yearToDate.consumption} elapsed={yearElapsed(now ?? 0, quota.year)} />
      ) : (
        <p class="muted">{t.institution.noQuota}</p>
      )}
      {quota && <p class="card-note">{t.institution.source(quota.sourceDocument)}</p>}
    </section>
  );
}

function QuotaScale({ quota, used, elapsed }: { quota: Quota; used: number | null; elapsed: number }) {
  const { t, format } = useWords();
  // Room beyond the constraint, so that an overrun is seen as one.
  const full = Math.max(quota.constraint, used ?? 0) * 1.08;
  const at = (value: number): { left: string } => ({ left: `${(value / full) * 100}%` });
  const marks = [
    ['guide', quota.guide],
    ['base', quota.base],
    ['constraint', quota.constraint],
  ] as const;
  return (
    <div class="scale">
      <div class="scale-track">
        {used !== null && (
          <div
            class={used > quota.constraint ? 'scale-fill is-over' : 'scale-fill'}
            style={{ width: `${(used / full) * 100}%` }}
          />
        )}
        <i
          class="scale-now"
          style={at(quota.constraint * elapsed)}
          title={t.institution.elapsed(format.share(elapsed))}
        />
        {marks.map(([name, value]) => (
          <i key={name} class={`scale-mark scale-${name}`} style={at(value)} />
        ))}
      </div>
      <ul class="scale-labels">
        <li>
          <i class={used !== null && used > quota.constraint ? 'key key-constraint-over' : 'key key-solid'} />
          {format.quantity(used, quota.unit)}
        </li>
        {marks.map(([name, value]) => (
          <li key={name}>
            <i class={`key key-${name}`} />
            {t.institution[name]} {format.quantity(value, quota.unit)}
          </li>
        ))}
        <li>
          <i class="key key-now" />
          {t.institution.elapsed(format.share(elapsed))}
        </li>
      </ul>
    </div>
  );
}
