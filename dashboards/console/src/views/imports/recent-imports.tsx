import type { RegistryImport } from '../../api/types.ts';
import { useWords } from '../../i18n/words.tsx';

/** What was sent lately, by whom, and what became of it. */
export function RecentImports({
  items,
  onOpen,
}: {
  items: readonly RegistryImport[] | null;
  onOpen: (id: number) => void;
}) {
  const { t, format } = useWords();
  if (!items) return <section class="card is-waiting" />;
  return (
    <section class="card">
      <header class="card-head">
        <h2>{t.imports.recent}</h2>
      </header>
      {items.length === 0 ? (
        <p class="empty">{t.imports.none}</p>
      ) : (
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.imports.file}</th>
                <th scope="col">{t.imports.state}</th>
                <th scope="col" class="wide">
                  {t.imports.by}
                </th>
                <th scope="col" class="wide">
                  {t.imports.at}
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.id}>
                  <th scope="row">
                    <button type="button" class="button button-quiet" onClick={() => onOpen(item.id)}>
                      {item.fileName}
                    </button>
                  </th>
                  <td>{t.imports.states[item.state]}</td>
                  <td class="wide">{item.createdBy}</td>
                  <td class="wide">{format.clock(Date.parse(item.createdAt))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
