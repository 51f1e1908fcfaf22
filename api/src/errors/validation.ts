import type { FieldError } from '@ganzhi/schemas';
import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Language } from './language.ts';

const wordings = { zh: z.locales.zhCN().localeError, en: z.locales.en().localeError };

/**
 * Zod's issues as fields of a problem document, in the language asked for. An unknown field is named as the path itself,
 * so that a client sees at once which one to take out.
 *
 * @param input the part of the request that was checked (body, query, parameters)
 */
export function fieldErrors(
  issues: readonly ZodFastifySchemaValidationError[],
  input: unknown,
  language: Language,
): FieldError[] {
  return issues.flatMap((issue) => {
    const path = issue.instancePath.split('/').filter((step) => step !== '');
    const code = issue.keyword;
    const keys = (issue.params as { keys?: unknown }).keys;
    if (code === 'unrecognized_keys' && Array.isArray(keys)) {
      const message = language === 'zh' ? '没有此字段' : 'There is no such field';
      return keys.map((key) => ({ path: [...path, String(key)].join('.'), code: 'unknown-field', message }));
    }
    if (code === 'custom') return [{ path: path.join('.'), code, message: issue.message ?? '' }];
    const raw = { ...issue.params, code, path, input: valueAt(input, path) } as z.core.$ZodRawIssue;
    const worded = wordings[language](raw);
    const message = typeof worded === 'string' ? worded : (worded?.message ?? issue.message ?? '');
    return [{ path: path.join('.'), code: code.replaceAll('_', '-'), message }];
  });
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    input,
  );
}
