import { expect, test } from 'vitest';
import { thingsboardGateway } from '../dialects/thingsboard.ts';
import { decoderOf, jsonReader } from '../dialects/translate.ts';
import { decode } from './decode.ts';

const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);
const HEAD = '"v":1,"batch":"6f1f2b1e-0000-4000-8000-000000000000","seq":1,"sentAt":"2026-01-01T00:00:00Z"';

test('a reading nested beyond what can be written is quarantined like any other', () => {
  const native = decode(Buffer.from(`{${HEAD},"readings":[${DEEP}]}`));
  expect(native.quarantined.map(({ code }) => code)).toEqual(['invalid-payload']);
  const foreign = decoderOf(jsonReader(thingsboardGateway), { gateway: 'GW-1', target: () => undefined });
  const told = foreign(Buffer.from(`{"a":[{"ts":1,"values":{"b":${DEEP}}}]}`), 0);
  expect(told.quarantined.map(({ code }) => code)).toEqual(['invalid-value']);
});
