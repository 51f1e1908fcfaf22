import { useState } from 'preact/hooks';
import { ApiProblem } from '../../../api/problem.ts';
import type { Enrolment } from '../../../api/types.ts';
import { useApp } from '../../../app-context.ts';
import { useWords } from '../../../i18n/words.tsx';

/** Approve with code, institution and the device's fingerprint, or refuse with a reason. */
export function DecideEnrolment({ item, onDecided }: { item: Enrolment; onDecided: () => void }) {
  const { t } = useWords();
  const { api } = useApp();
  const [problem, setProblem] = useState('');
  const decide = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget, event.submitter);
    const field = (name: string): string => String(form.get(name) ?? '').trim();
    const refuses = field('decision') === 'refuse';
    const done = refuses
      ? api.refuseEnrolment(item.id, field('reason'))
      : api.approveEnrolment(item.id, {
          gatewayCode: field('gatewayCode'),
          institutionId: Number(field('institutionId')),
          fingerprint: field('fingerprint').toUpperCase(),
        });
    done.then(onDecided, (error: unknown) => {
      setProblem(error instanceof ApiProblem ? error.detail || error.message : String(error));
    });
  };
  return (
    <form class="filters" onSubmit={decide}>
      <input name="gatewayCode" placeholder={t.care.gatewayCode} aria-label={t.care.gatewayCode} size={12} />
      <input
        name="institutionId"
        placeholder={t.care.institutionId}
        aria-label={t.care.institutionId}
        inputMode="numeric"
        size={8}
      />
      <input name="fingerprint" placeholder={t.care.fingerprint} aria-label={t.care.fingerprint} size={20} />
      <button type="submit" name="decision" value="approve" class="button">
        {t.care.approve}
      </button>
      <input name="reason" placeholder={t.care.reason} aria-label={t.care.reason} size={14} />
      <button type="submit" name="decision" value="refuse" class="button button-quiet">
        {t.care.refuse}
      </button>
      {problem !== '' && <p role="alert">{problem}</p>}
    </form>
  );
}
