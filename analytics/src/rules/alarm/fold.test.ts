import { HOUR, MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { atMeter, type Finding } from '../detect/finding.ts';
import { foldSilence, type Place } from './fold.ts';

const T = Date.parse('2026-11-24T10:00:00+08:00');
const QUARTER = 15 * MINUTE;

/** Two buses of seven meters on a gateway; each institution has `gateways` of them. */
const places = (institutions: number, gateways = 1): Place[] =>
  Array.from({ length: institutions * gateways * 14 }, (_, i) => ({
    meterId: i + 1,
    gatewayId: Math.floor(i / 14) + 1,
    bus: `10.0.0.${(i % 14) < 7 ? 1 : 2}:502`,
    institutionId: Math.floor(i / 14 / gateways) + 1,
    divisionCode: '320412',
    intervalMs: QUARTER,
  }));
const silent = (meterId: number, over: Partial<Finding> = {}): Finding =>
  atMeter(meterId, {
    kind: 'gap',
    fromMs: T + (((meterId - 1) * 37) % 15) * MINUTE,
    toMs: undefined,
    evidence: {},
    ...over,
  });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const told = (findings: readonly Finding[]) =>
  findings.map(({ kind, unit, meterIds }) => `${kind} ${unit} ${meterIds.length}`);

test('fourteen silent meters are one gateway', () => {
  const found = foldSilence(
    range(1, 14).map((id) => silent(id)),
    places(1),
  );
  expect(told(found)).toEqual(['gateway-outage gateway/1 14']);
  expect(found[0]).toMatchObject({ fromMs: T, evidence: { silentParts: 14, parts: 14 } });
});

test('seven on one bus that do not answer are the bus, on a gateway that lives', () => {
  const found = foldSilence(
    range(1, 7).map((id) => silent(id, { kind: 'dead-slave' })),
    places(1),
  );
  expect(told(found)).toEqual(['bus-outage bus/1/10.0.0.1:502 7']);
});

test('a gateway whose only bus fails tells of it, so it is the bus', () => {
  const oneBus = places(1).map((place) => ({ ...place, bus: '/dev/ttyS1' }));
  const dead = range(1, 14).map((id) => silent(id, { kind: 'dead-slave' }));
  expect(told(foldSilence(dead, oneBus))).toEqual(['bus-outage bus/1//dev/ttyS1 14']);
});

test('one silent meter stays one meter; so do two of fourteen', () => {
  expect(told(foldSilence([silent(1)], places(1)))).toEqual(['gap meter/1 1']);
  expect(told(foldSilence([silent(1), silent(8)], places(1)))).toEqual(['gap meter/1 1', 'gap meter/8 1']);
});

test('what fell silent an hour before is a matter of its own, and the others still one', () => {
  const early = silent(1, { fromMs: T - HOUR });
  const found = foldSilence([early, ...range(2, 14).map((id) => silent(id))], places(1));
  expect(told(found).sort()).toEqual(['gap meter/1 1', 'gateway-outage gateway/1 13']);
});

test('two gateways of a house at one moment are the house', () => {
  expect(
    told(
      foldSilence(
        range(1, 28).map((id) => silent(id)),
        places(3, 2),
      ),
    ),
  ).toEqual(['institution-outage institution/1 28']);
});

test('most gateways of a division at one moment are the division; a few are themselves', () => {
  expect(
    told(
      foldSilence(
        range(1, 70).map((id) => silent(id)),
        places(8),
      ),
    ),
  ).toEqual(['division-outage division/320412 70']);
  expect(
    told(
      foldSilence(
        range(1, 28).map((id) => silent(id)),
        places(8),
      ),
    ),
  ).toHaveLength(2);
});

test('the cause ends when most return; what stays silent stands by itself from then on', () => {
  const back = T + 6 * HOUR;
  const list = range(1, 14).map((id) => silent(id, id === 3 ? {} : { toMs: back }));
  const found = foldSilence(list, places(1));
  expect(found.map(({ unit, fromMs, toMs }) => ({ unit, fromMs, toMs }))).toEqual([
    { unit: 'gateway/1', fromMs: T, toMs: back },
    { unit: 'meter/3', fromMs: back, toMs: undefined },
  ]);
});

test('findings of other kinds pass', () => {
  const leak = atMeter(1, { kind: 'leak', fromMs: T, toMs: undefined, evidence: {} });
  expect(foldSilence([leak], places(1))).toEqual([leak]);
});
