import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DOWN_KINDS, downTopic, GATEWAY_CODE, parseTopic, UP_KINDS, upTopic } from './topics.ts';

const gateway = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{2,63}$/);

test('what is built parses back to its parts', () => {
  fc.assert(
    fc.property(gateway, fc.constantFrom(...UP_KINDS), fc.constantFrom(...DOWN_KINDS), (code, up, down) => {
      expect(parseTopic(upTopic(code, up))).toEqual({ gateway: code, direction: 'up', kind: up });
      expect(parseTopic(downTopic(code, down))).toEqual({ gateway: code, direction: 'down', kind: down });
    }),
  );
});

test('no text parses unless it is exactly a topic of ours', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseTopic(text);
      if (parsed?.direction === 'up') expect(upTopic(parsed.gateway, parsed.kind)).toBe(text);
      if (parsed?.direction === 'down') expect(downTopic(parsed.gateway, parsed.kind)).toBe(text);
    }),
  );
});

test.each([
  '',
  'ganzhi/v1',
  'ganzhi/v1/GW-0001/up',
  'ganzhi/v1/GW-0001/up/telemetry/',
  'ganzhi/v1/GW-0001/up/ack',
  'ganzhi/v1/GW-0001/down/telemetry',
  'ganzhi/v1/GW-0001/side/telemetry',
  'ganzhi/v2/GW-0001/up/telemetry',
  'Ganzhi/v1/GW-0001/up/telemetry',
  '/ganzhi/v1/GW-0001/up/telemetry',
  'ganzhi/v1/+/up/telemetry',
  'ganzhi/v1/#',
  'ganzhi/v1//up/telemetry',
  '$share/g/ganzhi/v1/GW-0001/up/telemetry',
  'ganzhi/v1/__proto__/up/telemetry',
])('%j is not one of our topics', (topic) => {
  expect(parseTopic(topic)).toBeUndefined();
});

test.each(['+', '#', 'a/b', 'ab', '-ab', 'a'.repeat(65), 'GW 1', 'GW\u0000', '网关一'])(
  '%j is no gateway code',
  (code) => {
    expect(GATEWAY_CODE.test(code)).toBe(false);
  },
);
