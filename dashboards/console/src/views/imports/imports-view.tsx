import { useState } from 'preact/hooks';
import { ApiProblem } from '../../api/problem.ts';
import { IMPORT_KINDS, type ImportKind, type RegistryImport } from '../../api/types.ts';
import { useApp } from '../../app-context.ts';
import { useTitle, useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import type { Route } from '../../router.ts';
import { DownloadIcon } from '../../shell/icons.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { replaceQuery } from '../../use-route.ts';
import { ImportCard } from './import-card.tsx';
import { RecentImports } from './recent-imports.tsx';

const LIST_MS = 10_000;

/** The registry by file: send one, see what it would change and what is wrong, write it, take it back. */
export function ImportsView({ route }: { route: Route }) {
  const { t, language } = useWords();
  const { api } = useApp();
  const [kind, setKind] = useState<ImportKind>('meters');
  const [reading, setReading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const shown = Number(route.query.id ?? 0);
  const list = usePoll(`imports${sent}`, LIST_MS, (signal) => api.imports(signal));
  useTitle(t.imports.title);

  const send = async (file: File): Promise<void> => {
    setProblem(null);
    setReading(true);
    try {
      const read = await api.uploadImport(file, kind);
      replaceQuery(route, { id: String(read.id) });
      await api.importStep('check', read);
    } catch (error) {
      setProblem(wordsOf(error));
    } finally {
      setReading(false);
      setSent((n) => n + 1);
    }
  };

  return (
    <>
      <PageHead title={<h1>{t.imports.title}</h1>} polls={[list]} />
      <section class="card">
        <div class="import-tools">
          <label class="button button-primary">
            {reading ? t.imports.reading : t.imports.upload}
            <input
              class="import-file"
              type="file"
              accept=".xlsx,.csv"
              disabled={reading}
              onChange={(event) => {
                const [file] = event.currentTarget.files ?? [];
                event.currentTarget.value = '';
                if (file) void send(file);
              }}
            />
          </label>
          <label>
            <small class="muted">{t.imports.csvKind}</small>{' '}
            <select value={kind} onChange={(event) => setKind(chosen(event.currentTarget.value))}>
              {IMPORT_KINDS.map((each) => (
                <option key={each} value={each}>
                  {t.imports.kinds[each]}
                </option>
              ))}
            </select>
          </label>
          <a class="button" href={api.registryFileUrl('registry-import-templates', language)} download>
            <DownloadIcon />
            {t.imports.template}
          </a>
          <a class="button" href={api.registryFileUrl('registry-exports', language)} download>
            <DownloadIcon />
            {t.imports.exportAll}
          </a>
        </div>
        <p class="card-note">{t.imports.hint}</p>
        <div aria-live="polite">{problem && <p class="banner is-warn">{problem}</p>}</div>
      </section>
      {shown > 0 && <ImportCard key={shown} id={shown} onDone={() => setSent((n) => n + 1)} />}
      <RecentImports items={list.data?.items ?? null} onOpen={(id) => replaceQuery(route, { id: String(id) })} />
    </>
  );
}

const chosen = (value: string): ImportKind => IMPORT_KINDS.find((kind) => kind === value) ?? 'meters';

/** What went wrong, as the server says it. */
export const wordsOf = (error: unknown): string =>
  error instanceof ApiProblem ? [error.message, error.detail].filter(Boolean).join(' ') : String(error);

export const changedRows = ({ counts }: RegistryImport): number =>
  counts.reduce((sum, { create, update }) => sum + create + update, 0);
