import { toCounts } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neuron } from './neuron.ts';
import { shiftDecimal } from './shift.ts';
import { thingsboardDevice, thingsboardGateway } from './thingsboard.ts';
import { foreignRight, mayListen } from './topics.ts';
import { decoderOf, jsonReader } from './translate.ts';

const DIALECTS = { neuron, thingsboardDevice, thingsboardGateway };

test.each(Object.entries(DIALECTS))('%s takes any JSON without throwing, and any bytes', (_, dialect) => {
  const decode = decoderOf(jsonReader(dialect), { gateway: 'GW-1', target: () => undefined });
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => void decode(Buffer.from(text), 0)),
    { numRuns: 300 },
  );
});

test.each([
  ['neuron', { node: 'a', group: 'b', values: {} }],
  ['neuron', { timestamp: 1, node: 'a', group: 'b' }],
  ['thingsboardDevice', 5],
  ['thingsboardDevice', null],
  ['thingsboardGateway', { A: { ts: 1, values: {} } }],
  ['thingsboardGateway', []],
] as const)('%s says why %o is none of its messages', (name, message) => {
  expect(DIALECTS[name](message, 0)).toMatch(/^not (a )?(Neuron|ThingsBoard)/);
});

test.each([
  [1234.5, -3, '1.2345'],
  [0.5, 3, '0500'],
  ['007', 1, '70'],
  [1e-7, 9, '100'],
  [1.5e21, 0, '1500000000000000000000'],
  ['-12.34', 1, '-123.4'],
  ['12', -4, '0.0012'],
  ['', 0, undefined],
  ['1e9999', 0, undefined],
  ['0x10', 0, undefined],
  [Number.NaN, 0, undefined],
  [Number.POSITIVE_INFINITY, 0, undefined],
])('%s times ten to the %i is %s', (value, power, expected) => {
  expect(shiftDecimal(value, power)).toBe(expected);
});

test('shifting is the same as counting with another resolution', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (counts, power) => {
      const shifted = shiftDecimal(counts, -power);
      expect(shifted === undefined ? undefined : toCounts(shifted, power)).toBe(BigInt(counts));
    }),
  );
});

test.each([
  ['neuron', '/neuron/app/driver/group', 'function'],
  ['neuron', 'neuron/app', 'function'],
  ['neuron', '/neuron/app/read/resp', 'ignore'],
  ['neuron', '/neuron/app/state/update', 'ignore'],
  ['neuron', 'ganzhi/v1/GW-1/up/telemetry', 'deny'],
  ['thingsboard', 'v1/gateway/connect', 'ignore'],
  ['thingsboard', 'v1/devices/me/attributes', 'ignore'],
  ['thingsboard', '/neuron/app', 'deny'],
  ['thingsboard', '$SYS/x', 'deny'],
] as const)('%s publishes to %s: %s', (dialect, topic, expected) => {
  const right = foreignRight(dialect, topic);
  expect(typeof right === 'function' ? 'function' : right).toBe(expected);
});

test.each([
  ['neuron', '/neuron/app/write/req', true],
  ['neuron', '/neuron/+/write/req', false],
  ['neuron', '#', false],
  ['thingsboard', 'v1/devices/me/rpc/request/+', true],
  ['thingsboard', 'v1/gateway/#', false],
  ['thingsboard', 'ganzhi/v1/GW-1/down/ack', false],
] as const)('%s listens on %s: %s', (dialect, filter, granted) => {
  expect(mayListen(dialect, filter)).toBe(granted);
});
