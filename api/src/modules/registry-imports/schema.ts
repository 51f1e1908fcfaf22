import { z } from 'zod';
import { Id, Instant, paging, text } from '../../lib/shapes.ts';
import { KINDS } from './kind.ts';

export const Kind = z.enum(KINDS);
const Value = z.union([z.string(), z.number(), z.null()]);
const Values = z.record(z.string(), Value);

export const Upload = z.strictObject({
  /** Its ending says whether it is .xlsx or .csv. */
  fileName: text(200).regex(/\.(xlsx|csv)$/i, '文件名以 .xlsx 或 .csv 结尾 · a name that ends in .xlsx or .csv'),
  /** What a CSV, or a workbook whose only sheet does not say so, holds. */
  kind: Kind.optional(),
});

const Counts = z.object({
  kind: Kind,
  rows: z.int(),
  create: z.int(),
  update: z.int(),
  unchanged: z.int(),
  errors: z.int(),
});

export const RegistryImport = z
  .object({
    id: Id,
    fileName: z.string(),
    format: z.enum(['xlsx', 'csv']),
    bytes: z.int(),
    /** Of the file, hexadecimal. */
    sha256: z.string(),
    /** read: check it; ready: commit it; faulty: mend the file; committed: it may be undone */
    state: z.enum(['read', 'ready', 'faulty', 'committed', 'undone']),
    /** For If-Match. */
    version: z.int(),
    counts: z.array(Counts),
    /** Errors that were found while the file was read, before any check. */
    readErrors: z.int(),
    createdBy: z.string(),
    createdAt: Instant,
    checkedAt: Instant.nullable(),
    committedBy: z.string().nullable(),
    committedAt: Instant.nullable(),
    undoneBy: z.string().nullable(),
    undoneAt: Instant.nullable(),
    /** The work that is or was last under way: lines done of all. */
    progress: z
      .object({ phase: z.enum(['check', 'commit', 'undo']), done: z.int(), total: z.int(), at: Instant })
      .nullable(),
  })
  .meta({ id: 'RegistryImport' });

export const ListImports = z.strictObject(paging);
export const ImportPage = z.object({ items: z.array(RegistryImport), nextCursor: z.string().nullable() });

export const ListChanges = z.strictObject({ action: z.enum(['create', 'update', 'unchanged']).optional(), ...paging });
export const ChangePage = z.object({
  items: z.array(
    z.object({
      kind: Kind,
      line: z.int(),
      key: z.string(),
      action: z.enum(['create', 'update', 'unchanged']),
      /** What differs, field by field; all that is filled in for a new record. */
      changes: z.array(z.object({ field: z.string(), zh: z.string(), en: z.string(), before: Value, after: Value })),
      recordId: z.int().nullable(),
      after: Values.nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export const ListErrors = z.strictObject(paging);
export const ErrorPage = z.object({
  items: z.array(
    z.object({
      kind: Kind,
      sheet: z.string(),
      line: z.int(),
      field: z.string().nullable(),
      /** Column of the sheet as spreadsheets letter it: A, B, … AA. */
      column: z.string().nullable(),
      value: z.string(),
      zh: z.string(),
      en: z.string(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

const kindList = z
  .string()
  .max(200)
  .refine(
    (list) => list.split(',').every((kind) => (KINDS as readonly string[]).includes(kind)),
    `可填 · write some of ${KINDS.join(',')}`,
  )
  .optional()
  .meta({ description: `Comma-separated of ${KINDS.join(', ')}; default: all. A CSV holds one.` });

export const FileQuery = z.strictObject({
  kinds: kindList,
  format: z.enum(['xlsx', 'csv']).default('xlsx'),
  lang: z.enum(['zh', 'en']).default('zh'),
});
export type FileQuery = z.infer<typeof FileQuery>;
