import { useState } from 'preact/hooks';
import { useApp } from '../../app-context.ts';
import { useWords } from '../../i18n/words.tsx';
import { usePoll } from '../../poll/use-poll.ts';
import { MoreButton } from './more-button.tsx';

/** It changes only with the import's version, which makes a new list. */
const SELDOM_MS = 600_000;

/** What is wrong, cell by cell, and what to do. */
export function ErrorList({ id }: { id: number }) {
  const { t, language } = useWords();
  const { api } = useApp();
  const [cursor, setCursor] = useState('');
  const { data } = usePoll(`errors${id}${cursor}`, SELDOM_MS, (signal) =>
    api.importErrors(id, { limit: 50, cursor }, signal),
  );
  return (
    <div class="table-scroll">
      <h3>{t.imports.errorList}</h3>
      <table class="table import-errors">
        <thead>
          <tr>
            <th scope="col">{t.imports.kind}</th>
            <th scope="col">{t.imports.cell}</th>
            <th scope="col">{t.imports.value}</th>
            <th scope="col">{t.imports.remedy}</th>
          </tr>
        </thead>
        <tbody>
          {data?.items.map((item) => (
            <tr key={`${item.kind}${item.line}${item.column}${item.zh}`}>
              <td>{item.sheet || t.imports.kinds[item.kind]}</td>
              <th scope="row">{`${item.column ?? ''}${item.line}`}</th>
              <td>{item.value}</td>
              <td>{item[language]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MoreButton cursor={cursor} next={data?.nextCursor ?? null} onTurn={setCursor} />
    </div>
  );
}
