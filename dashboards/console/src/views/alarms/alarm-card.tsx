import { useState } from 'preact/hooks';
import type { AlarmDetail } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import { AlarmActions } from './alarm-actions.tsx';
import { AlarmPlot } from './alarm-plot.tsx';
import { AlarmState, lossText } from './alarm-words.tsx';

const DETAIL_MS = 10_000;

/** One alarm: evidence, plot, what it costs, who did what, and what can be done. */
export function AlarmCard({ id, onChanged }: { id: number; onChanged: () => void }) {
  const { api } = useApp();
  const [done, setDone] = useState(0);
  const { data } = usePoll(`alarm${id}/${done}`, DETAIL_MS, (signal) => api.alarm(id, signal));
  if (!data) return <section class="card is-waiting" />;
  const changed = (): void => {
    setDone((n) => n + 1);
    onChanged();
  };
  return <Shown alarm={data} onChanged={changed} />;
}

function Shown({ alarm, onChanged }: { alarm: AlarmDetail; onChanged: () => void }) {
  const words = useWords();
  const { t, format, language } = words;
  const told = alarm.told.map(({ login, at }) => `${login} (${format.dayTime(Date.parse(at))})`);
  const since = format.dayTime(Date.parse(alarm.beganAt));
  const until = alarm.endedAt === null ? '' : ` ${t.alarms.until(format.dayTime(Date.parse(alarm.endedAt)))}`;
  return (
    <section class="card alarm" data-alarm={alarm.id} data-state={alarm.state}>
      <header class="card-head">
        <h2>
          {alarm.kindName[language]} · {alarm.unit[language]}
        </h2>
        <AlarmState alarm={alarm} />
        <small class="muted">
          {since}
          {until}
        </small>
      </header>
      <p>{t.alarms.advice(alarm.advice[language])}</p>
      {alarm.saving ? (
        <p class="alarm-saving">{t.alarms.saved(lossText(alarm.saving, words))}</p>
      ) : (
        alarm.estimate && (
          <p>
            {t.alarms.estimate}: {t.alarms.perMonth(lossText(alarm.estimate, words))}{' '}
            <small class="muted">{t.alarms.estimated}</small>
          </p>
        )
      )}
      <AlarmPlot alarm={alarm} />
      <AlarmActions alarm={alarm} onDone={onChanged} />
      {alarm.members.length > 1 && (
        <details class="alarm-members">
          <summary>{t.alarms.meters(format.count(alarm.meters))}</summary>
          <p class="code">{alarm.members.map(({ meterCode }) => meterCode).join(' ')}</p>
        </details>
      )}
      <details>
        <summary>{t.alarms.evidence}</summary>
        <dl class="alarm-evidence">
          {Object.entries(alarm.evidence).map(([name, value]) => (
            <div key={name}>
              <dt class="code">{name}</dt>
              <dd>{typeof value === 'number' ? format.number(value) : value}</dd>
            </div>
          ))}
        </dl>
      </details>
      <h3>{t.alarms.history}</h3>
      <ol class="alarm-history">
        {alarm.history.map((event) => (
          <li key={`${event.at}${event.action}`}>
            <small class="muted">{format.dayTime(Date.parse(event.at))}</small>{' '}
            {event.actor === 'data' ? t.alarms.data : event.actor} · {t.alarms.actions[event.action] ?? event.action}
            {event.reason && ` · ${event.reason[language]}`}
            {event.note !== '' && ` · ${event.note}`}
          </li>
        ))}
      </ol>
      <p class="card-note">{told.length === 0 ? t.alarms.toldNobody : t.alarms.told(told.join(t.alarms.separator))}</p>
    </section>
  );
}
