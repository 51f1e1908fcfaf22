import { parseInstant, shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { instantOrNull } from '../../lib/time.ts';
import { changedFields, KINDS } from './kind.ts';
import { KIND_OF } from './kinds/index.ts';
import type { FileError } from './lines.ts';
import type { ChangePage, ErrorPage, RegistryImport } from './schema.ts';
import type { CheckedLine, ImportRow } from './sql.ts';

/** Rows as the API shows them. Pure. */

export function importOf(row: ImportRow): z.infer<typeof RegistryImport> {
  const { layout: _, counts, progress, createdAt, checkedAt, committedAt, undoneAt, ...rest } = row;
  return {
    ...rest,
    counts: KINDS.flatMap((kind) => {
      const of = counts[kind];
      return of ? [{ kind, ...of }] : [];
    }),
    createdAt: shanghaiText(createdAt),
    checkedAt: instantOrNull(checkedAt),
    committedAt: instantOrNull(committedAt),
    undoneAt: instantOrNull(undoneAt),
    progress: progress && {
      phase: progress.phase === 'commit' || progress.phase === 'undo' ? progress.phase : 'check',
      done: progress.done,
      total: progress.total,
      at: shanghaiText(parseInstant(progress.at) ?? createdAt),
    },
  };
}

export function changeOf({
  kind,
  line,
  key,
  action,
  recordId,
  before,
  after,
}: CheckedLine): z.infer<typeof ChangePage>['items'][number] {
  const { fields } = KIND_OF[kind];
  const names = after === null ? [] : changedFields(KIND_OF[kind], before ?? {}, after);
  return {
    kind,
    line,
    key,
    action: action ?? 'unchanged',
    recordId,
    after,
    changes: fields
      .filter(({ name }) => names.includes(name))
      .map(({ name, zh, en }) => ({
        field: name,
        zh,
        en,
        before: before?.[name] ?? null,
        after: after?.[name] ?? null,
      })),
  };
}

export const errorOf = ({
  kind,
  sheet,
  line,
  field,
  place,
  value,
  zh,
  en,
}: FileError): z.infer<typeof ErrorPage>['items'][number] => ({
  kind,
  sheet,
  line,
  field,
  column: place === null ? null : columnLetters(place),
  value,
  zh,
  en,
});

/** A, B, … Z, AA, from 1. */
export function columnLetters(place: number): string {
  const rest = (place - 1) % 26;
  const above = Math.floor((place - 1) / 26);
  return `${above > 0 ? columnLetters(above) : ''}${String.fromCharCode(65 + rest)}`;
}
