import { z } from 'zod';

export const FORMATS = ['xlsx', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

export const QuotaComplianceQuery = z.strictObject({
  /** Calendar year of the quota; default: this year. */
  year: z.coerce.number<string>().int().min(2000).max(2100).optional(),
  format: z.enum(FORMATS).default('xlsx'),
  /** Language of headings and names. */
  lang: z.enum(['zh', 'en']).default('zh'),
});

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
};
