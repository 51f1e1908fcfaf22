import { z } from 'zod';
import { Refusal } from '../errors/refuse.ts';
import { text } from './shapes.ts';

/** Documented on every change of a row that has a version; `wantedVersion` asks for it in words. */
export const IfMatch = z.object({ 'if-match': text(100).optional() });

/**
 * The version in If-Match, as `"7"` or `W/"7"`; optimistic locking of editable rows (RFC 9110 §13.1.1).
 *
 * @throws Refusal `invalid-request` when it is missing or no version of ours
 */
export function wantedVersion(header: string | undefined): number {
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header ?? '')?.[1];
  if (version !== undefined) return Number(version);
  throw new Refusal(
    'invalid-request',
    {
      zh: '请在 If-Match 中带上所读数据的 version，例如 If-Match: "7"。',
      en: 'Send the version that you read in If-Match, like If-Match: "7".',
    },
    { fields: [{ path: 'If-Match', code: 'invalid', message: 'If-Match: "<version>"' }] },
  );
}

/** Somebody else was faster. */
export const stale = (): Refusal =>
  new Refusal('stale-version', {
    zh: '该记录已被他人修改，请重新读取后再提交。',
    en: 'Somebody changed it meanwhile; read it again and send your change anew.',
  });
