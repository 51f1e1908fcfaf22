import { useState } from 'preact/hooks';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import { MoreButton } from './more-button.tsx';

const SELDOM_MS = 600_000;

/** Lines that write something: what was and what will be, field by field. */
export function ChangeList({ id }: { id: number }) {
  const { t, language } = useWords();
  const { api } = useApp();
  const [action, setAction] = useState<'update' | 'create'>('update');
  const [cursor, setCursor] = useState('');
  const { data } = usePoll(`changes${id}${action}${cursor}`, SELDOM_MS, (signal) =>
    api.importChanges(id, { action, limit: 50, cursor }, signal),
  );
  const text = (value: string | number | null) => (value === null ? t.imports.empty : String(value));
  return (
    <div class="table-scroll">
      <header class="card-head">
        <h3>{t.imports.changeList}</h3>
        <div class="filters">
          {(['update', 'create'] as const).map((each) => (
            <button
              key={each}
              type="button"
              class="button"
              aria-pressed={action === each}
              onClick={() => {
                setCursor('');
                setAction(each);
              }}
            >
              {t.imports[each]}
            </button>
          ))}
        </div>
      </header>
      <table class="table import-changes">
        <thead>
          <tr>
            <th scope="col">{t.imports.kind}</th>
            <th scope="col" class="num">
              {t.imports.line}
            </th>
            <th scope="col">{t.imports.record}</th>
            <th scope="col">{t.imports.change}</th>
          </tr>
        </thead>
        <tbody>
          {data?.items.map((item) => (
            <tr key={`${item.kind}${item.line}`}>
              <td>{t.imports.kinds[item.kind]}</td>
              <td class="num">{item.line}</td>
              <th scope="row">{item.key}</th>
              <td>
                {item.changes.map(({ field, zh, en, before, after }) => (
                  <div key={field}>
                    <small class="muted">{language === 'zh' ? zh : en}</small>{' '}
                    {item.action === 'update' && (
                      <>
                        <del>{text(before)}</del> →{' '}
                      </>
                    )}
                    <ins>{text(after)}</ins>
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <MoreButton cursor={cursor} next={data?.nextCursor ?? null} onTurn={setCursor} />
    </div>
  );
}
