import { useState } from 'preact/hooks';
import { ApiProblem } from '../../api/problem.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';

/** What a person may do about an alarm; the data alone confirm its end. */
export function AlarmActions({ alarm, onDone }: { alarm: AlarmDetail; onDone: () => void }) {
  const { t } = useWords();
  const { api, session } = useApp();
  const [problem, setProblem] = useState('');
  const isHandled = alarm.state === 'resolved' || alarm.state === 'confirmed';
  if (isHandled || !session.user.permissions.includes('alarms.handle')) return null;
  const act = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget, event.submitter);
    const field = (name: string): string => String(form.get(name) ?? '').trim();
    const [action, note, assignee] = [field('action'), field('note'), field('assignee')];
    const done =
      action === 'acknowledgement'
        ? api.alarmStep('acknowledgement', alarm, { note })
        : action === 'assignment'
          ? api.alarmStep('assignment', alarm, { note, assignee })
          : api.alarmStep('resolution', alarm, { note });
    setProblem('');
    done.then(onDone, (error: unknown) => {
      setProblem(error instanceof ApiProblem ? error.detail || error.message : String(error));
    });
  };
  return (
    <form class="filters alarm-actions" onSubmit={act}>
      <input name="note" placeholder={t.alarms.note} aria-label={t.alarms.note} size={24} maxLength={500} />
      {alarm.state === 'open' && (
        <button type="submit" name="action" value="acknowledgement" class="button">
          {t.alarms.acknowledge}
        </button>
      )}
      <button type="submit" name="action" value="resolution" class="button button-primary">
        {t.alarms.resolve}
      </button>
      <input name="assignee" placeholder={t.alarms.assignee} aria-label={t.alarms.assignee} size={14} maxLength={100} />
      <button type="submit" name="action" value="assignment" class="button">
        {t.alarms.assign}
      </button>
      {problem !== '' && <p role="alert">{problem}</p>}
    </form>
  );
}
