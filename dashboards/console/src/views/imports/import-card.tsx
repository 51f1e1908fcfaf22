import { useState } from 'preact/hooks';
import type { RegistryImport } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import { ChangeList } from './change-list.tsx';
import { ErrorList } from './error-list.tsx';
import { changedRows, wordsOf } from './imports-view.tsx';

const LOOK_MS = 1_000;
type Step = 'check' | 'commit' | 'undo';

/** One import: where it stands, what may be done with it, what it changes, what is wrong. */
export function ImportCard({ id, onDone }: { id: number; onDone: () => void }) {
  const { t, format } = useWords();
  const { api } = useApp();
  const [busy, setBusy] = useState<Step | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { data } = usePoll(`import${id}`, LOOK_MS, (signal) => api.registryImport(id, signal));
  if (!data) return <section class="card is-waiting" />;
  const act = async (step: Step): Promise<void> => {
    setBusy(step);
    setProblem(null);
    try {
      await api.importStep(step, data);
    } catch (error) {
      setProblem(wordsOf(error));
    } finally {
      setBusy(null);
      onDone();
    }
  };
  const { state, progress } = data;
  const phase = busy ?? (state === 'read' ? 'check' : null);
  return (
    <section class="card" data-state={state}>
      <header class="card-head">
        <h2>{data.fileName}</h2>
        <span class="badge import-state">{t.imports.states[state]}</span>
        {state === 'committed' && <small class="muted">{t.imports.done(format.count(changedRows(data)))}</small>}
        <div class="filters">
          {(state === 'ready' || state === 'faulty' || state === 'read') && (
            <button type="button" class="button" disabled={busy !== null} onClick={() => void act('check')}>
              {t.imports.check}
            </button>
          )}
          {state === 'ready' && (
            <button
              type="button"
              class="button button-primary"
              disabled={busy !== null}
              onClick={() => void act('commit')}
            >
              {t.imports.commit}
            </button>
          )}
          {state === 'committed' && (
            <button type="button" class="button" disabled={busy !== null} onClick={() => void act('undo')}>
              {t.imports.undo}
            </button>
          )}
        </div>
      </header>
      <div aria-live="polite">
        {problem && <p class="banner is-warn">{problem}</p>}
        {phase && (
          <p class="import-progress">
            <progress max={progress?.total || 1} value={progress?.phase === phase ? progress.done : undefined} />{' '}
            {t.imports.progress(
              t.imports.phases[phase],
              format.count(progress?.phase === phase ? progress.done : 0),
              format.count(data.counts.reduce((sum, { rows }) => sum + rows, 0)),
            )}
          </p>
        )}
      </div>
      <Counts of={data} />
      {state === 'faulty' && <ErrorList key={data.version} id={id} />}
      {changedRows(data) > 0 && <ChangeList key={`${data.version}`} id={id} />}
    </section>
  );
}

function Counts({ of }: { of: RegistryImport }) {
  const { t, format } = useWords();
  return (
    <div class="table-scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.imports.kind}</th>
            {[t.imports.rows, t.imports.create, t.imports.update, t.imports.unchanged, t.imports.errors].map(
              (heading) => (
                <th key={heading} scope="col" class="num">
                  {heading}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {of.counts.map(({ kind, rows, create, update, unchanged, errors }) => (
            <tr key={kind}>
              <th scope="row">{t.imports.kinds[kind]}</th>
              <td class="num">{format.count(rows)}</td>
              <td class="num">{format.count(create)}</td>
              <td class="num">{format.count(update)}</td>
              <td class="num">{format.count(unchanged)}</td>
              <td class="num">{format.count(errors)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
