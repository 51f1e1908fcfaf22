import type { AlarmSummary, Severity } from '../../api/types.ts';
import { useWords, type Words } from '../../i18n/words.tsx';
import { Badge } from '../../ui/badge.tsx';

const TONES = { critical: 'bad', warning: 'warn', notice: 'info' } as const;

export function SeverityBadge({ severity }: { severity: Severity }) {
  const { t } = useWords();
  return (
    <Badge tone={TONES[severity]} dot>
      {t.alarms.severities[severity]}
    </Badge>
  );
}

/** Where it stands; closed ones say how the data closed them. */
export function AlarmState({ alarm }: { alarm: Pick<AlarmSummary, 'state' | 'outcome' | 'assignedTo'> }) {
  const { t } = useWords();
  const tone = alarm.state === 'confirmed' ? 'good' : alarm.state === 'open' ? 'bad' : 'plain';
  return (
    <Badge tone={tone}>
      {alarm.outcome ? t.alarms.outcomes[alarm.outcome] : t.alarms.states[alarm.state]}
      {alarm.state === 'assigned' && alarm.assignedTo && ` · ${alarm.assignedTo}`}
    </Badge>
  );
}

/** Amount and money of a month; without a tariff on file the amount alone. */
export function lossText(
  loss: { amountPerMonth: number; unit: string; cnyPerMonth: number | null },
  { t, format }: Words,
): string {
  const amount = format.quantity(loss.amountPerMonth, loss.unit);
  return loss.cnyPerMonth === null ? amount : `${amount}, ${t.alarms.cny(format.number(loss.cnyPerMonth))}`;
}
