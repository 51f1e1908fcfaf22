import { useEffect, useState } from 'preact/hooks';
import { type AlarmKind, SEVERITIES } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';
import type { RouteQuery } from '../../router.ts';

export interface AlarmFilter {
  living: string;
  kind: string;
  severity: string;
}

export function AlarmFilters({ filter, onChange }: { filter: AlarmFilter; onChange: (change: RouteQuery) => void }) {
  const { t, language } = useWords();
  const { api } = useApp();
  const [kinds, setKinds] = useState<readonly AlarmKind[]>([]);
  useEffect(() => {
    // the page works without the names: the choice then offers all kinds together
    api.alarmKinds().then(
      ({ body }) => setKinds(body.items),
      () => undefined,
    );
  }, [api]);
  const choices = [
    ['true', t.alarms.living],
    ['false', t.alarms.closed],
    ['all', t.alarms.all],
  ] as const;
  return (
    <div class="filters">
      <fieldset class="segments">
        <legend class="hidden">{t.alarms.filter}</legend>
        {choices.map(([choice, label]) => (
          <label key={choice}>
            <input
              type="radio"
              name="living"
              checked={filter.living === choice}
              onChange={() => onChange({ living: choice === 'true' ? '' : choice })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <select
        aria-label={t.alarms.severity}
        value={filter.severity}
        onChange={(event) => onChange({ severity: event.currentTarget.value })}
      >
        <option value="">{t.alarms.allSeverities}</option>
        {SEVERITIES.map((severity) => (
          <option key={severity} value={severity} selected={severity === filter.severity}>
            {t.alarms.severities[severity]}
          </option>
        ))}
      </select>
      <select
        aria-label={t.alarms.kind}
        value={filter.kind}
        onChange={(event) => onChange({ kind: event.currentTarget.value })}
      >
        <option value="">{t.alarms.allKinds}</option>
        {kinds.map(({ kind, name }) => (
          <option key={kind} value={kind} selected={kind === filter.kind}>
            {name[language]}
          </option>
        ))}
      </select>
    </div>
  );
}
