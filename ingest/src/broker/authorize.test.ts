import { expect, test } from 'vitest';
import { listens, maySubscribe, publishRight } from './authorize.ts';

test.each([
  ['ganzhi/v1/GW-1/up/telemetry', 'telemetry'],
  ['ganzhi/v1/GW-1/up/state', 'state'],
  ['ganzhi/v1/GW-1/up/meta', 'meta'],
  ['ganzhi/v1/GW-1/up/event', 'event'],
  ['ganzhi/v1/GW-1/up/novelty', 'ignore'],
  ['ganzhi/v1/GW-1/up/event/detail', 'ignore'],
  ['ganzhi/v1/GW-1/down/ack', 'deny'],
  ['ganzhi/v1/GW-2/up/telemetry', 'deny'],
  ['ganzhi/v1/GW-10/up/telemetry', 'deny'],
  ['ganzhi/v2/GW-1/up/telemetry', 'deny'],
  ['/ganzhi/v1/GW-1/up/telemetry', 'deny'],
  ['$SYS/broker', 'deny'],
  ['', 'deny'],
])('GW-1 publishes to %s: %s', (topic, right) => {
  expect(publishRight({ code: 'GW-1', dialect: 'native' }, topic)).toBe(right);
});

test.each([
  ['ganzhi/v1/GW-1/down/ack', true],
  ['ganzhi/v1/GW-1/down/#', true],
  ['ganzhi/v1/GW-1/down/cmd/+', true],
  ['ganzhi/v1/GW-1/down/made-up', false],
  ['ganzhi/v1/GW-1/up/telemetry', false],
  ['ganzhi/v1/GW-1/#', false],
  ['ganzhi/v1/GW-10/down/ack', false],
  ['ganzhi/v1/+/down/ack', false],
  ['$share/a/ganzhi/v1/GW-1/down/ack', false],
  ['#', false],
])('GW-1 subscribes to %s: %s', (filter, granted) => {
  expect(maySubscribe({ code: 'GW-1', dialect: 'native' }, filter)).toBe(granted);
});

test.each([
  ['ganzhi/v1/GW-1/down/cmd', ['ganzhi/v1/GW-1/down/cmd']],
  ['ganzhi/v1/GW-1/down/cmd', ['ganzhi/v1/GW-1/down/cmd/#']],
  ['ganzhi/v1/GW-1/down/cmd', ['ganzhi/v1/GW-1/down/+']],
  ['ganzhi/v1/GW-1/down/cmd', ['other', 'ganzhi/v1/GW-1/down/#']],
  ['spBv1.0/g/DCMD/n/d', ['spBv1.0/g/DCMD/n/#']],
])('what is said on %s is heard by %j', (topic, filters) => {
  expect(listens(new Set(filters), topic)).toBe(true);
});

test.each([
  ['ganzhi/v1/GW-1/down/cmd', []],
  ['ganzhi/v1/GW-1/down/cmd', ['ganzhi/v1/GW-1/down/ack', 'ganzhi/v1/GW-1/down/cmd/+', 'ganzhi/v1/+']],
])('what is said on %s is not heard by %j', (topic, filters) => {
  expect(listens(new Set(filters), topic)).toBe(false);
});
