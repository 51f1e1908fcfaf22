import type { MeterItem } from '../../api/types.ts';
import { instant, UNKNOWN } from '../../format.ts';
import { useWords } from '../../i18n/words.tsx';
import { Badge } from '../../ui/badge.tsx';
import { isLate } from './meter-tree.ts';

export function MeterRow({ meter, depth, now }: { meter: MeterItem; depth: number; now: number }) {
  const { t, format } = useWords();
  return (
    <tr>
      <th scope="row" class={`depth-${Math.min(depth, 3)}`}>
        {format.name(meter)}
        <small>
          <span class="code">{meter.code}</span>
          <span>{t.role[meter.role]}</span>
          <span>{t.medium[meter.medium] ?? meter.medium}</span>
        </small>
      </th>
      <td>
        <MeterState meter={meter} />
      </td>
      <td class="num">{format.quantity(meter.powerKw, 'kW')}</td>
      <td class="num">
        {format.ago(instant(meter.lastReadingAt), now)}
        <small class="below">{t.institution.every(format.duration(meter.intervalS))}</small>
      </td>
      <td class="wide code">{meter.template}</td>
      <td class="wide code">{meter.gatewayCode ?? UNKNOWN}</td>
    </tr>
  );
}

function MeterState({ meter }: { meter: MeterItem }) {
  const { t, format } = useWords();
  if (meter.failure) {
    return (
      <>
        <Badge tone="bad" dot>
          {t.failure[meter.failure.code] ?? meter.failure.code}
        </Badge>
        <small class="below">{t.meterState.since(format.dayTime(Date.parse(meter.failure.since)))}</small>
      </>
    );
  }
  const [tone, text] =
    meter.lastReadingAt === null
      ? (['plain', t.meterState.silent] as const)
      : isLate(meter)
        ? (['warn', t.meterState.late] as const)
        : (['good', t.meterState.ok] as const);
  return (
    <Badge tone={tone} dot>
      {text}
    </Badge>
  );
}
