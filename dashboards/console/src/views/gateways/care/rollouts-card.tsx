import type { Rollout } from '../../../api/types.ts';
import { useWords } from '../../../i18n/words.tsx';
import { Badge, type BadgeProps } from '../../../ui/badge.tsx';

const TONES: Record<Rollout['state'], BadgeProps['tone']> = {
  ...{ running: 'info', paused: 'warn', stopped: 'bad', completed: 'good', aborted: 'plain' },
};

/** Firmware on its way through the fleet: which cohort, how many keep it, and why it stopped. */
export function RolloutsCard({ items }: { items: readonly Rollout[] }) {
  const { t, format } = useWords();
  return (
    <section class="card rollouts">
      <header class="card-head">
        <h2>{t.care.rollouts}</h2>
      </header>
      {items.length === 0 ? (
        <p class="muted">{t.care.noRollouts}</p>
      ) : (
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.care.image}</th>
                <th scope="col">{t.gateways.state}</th>
                <th scope="col">{t.care.cohort}</th>
                <th scope="col">{t.care.progress}</th>
                <th scope="col">{t.care.why}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, model, version, state, stage, stages, progress, reason }) => {
                const { waiting, ordered, trial, confirmed, refused, returned, silent } = progress;
                const failed = refused + returned + silent;
                const total = waiting + ordered + trial + confirmed + failed;
                return (
                  <tr key={id}>
                    <th scope="row">
                      {model} <span class="code">{version}</span>
                    </th>
                    <td>
                      <Badge tone={TONES[state]}>{t.care.rolloutStates[state]}</Badge>
                    </td>
                    <td>{t.care.cohortOf(format.count(stage), format.count(stages.length))}</td>
                    <td>{t.care.progressOf(format.count(confirmed), format.count(total), format.count(failed))}</td>
                    <td>{reason ?? ''}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
