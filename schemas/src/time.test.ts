import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DAY, dateText, dayStart, HOUR, hourStart, monthStart, parseInstant, shanghaiText, yearStart } from './time.ts';

const machineZone = process.env.TZ;
afterAll(() => {
  process.env.TZ = machineZone;
});

// From 1992: before, Shanghai had daylight saving in some years, which a fixed offset does not know.
const instant = fc.integer({ min: Date.UTC(1992, 0, 1), max: Date.UTC(2099, 11, 31) });

const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', dateStyle: 'short' });
/** `2026-11-23` by the time zone database, the independent witness. */
const witness = (t: number): string => calendar.format(t);

describe.each(['UTC', 'America/New_York', 'Asia/Shanghai', 'Pacific/Kiritimati'])('on a machine in %s', (zone) => {
  test('the day is the one that Shanghai’s calendar shows, and contains the instant', () => {
    process.env.TZ = zone;
    fc.assert(
      fc.property(instant, (t) => {
        const start = dayStart(t);
        expect(dateText(t)).toBe(witness(t));
        expect(witness(start)).toBe(witness(t));
        expect(witness(start - 1)).not.toBe(witness(t));
        expect(start <= t && t < start + DAY).toBe(true);
      }),
    );
  });

  test('months and years start at midnight of their first day', () => {
    process.env.TZ = zone;
    fc.assert(
      fc.property(instant, fc.integer({ min: -30, max: 30 }), (t, shift) => {
        const start = monthStart(t, shift);
        expect(dayStart(start)).toBe(start);
        expect(dateText(start)).toMatch(/-01$/);
        expect(monthStart(start)).toBe(start);
        expect(monthStart(monthStart(t, shift), -shift)).toBe(monthStart(t));
        expect(dateText(monthStart(t)).slice(0, 7)).toBe(witness(t).slice(0, 7));
      }),
    );
    expect(shanghaiText(yearStart(2026))).toBe('2026-01-01T00:00:00.000+08:00');
  });

  test('what is written reads back', () => {
    process.env.TZ = zone;
    fc.assert(
      fc.property(instant, (t) => {
        expect(parseInstant(shanghaiText(t))).toBe(t);
        expect(parseInstant(new Date(t).toISOString())).toBe(t);
        expect(parseInstant(dateText(t))).toBe(dayStart(t));
        expect(hourStart(t) % HOUR).toBe(0);
      }),
    );
  });
});

test('instants before 1970 fall into the hour and day that contain them', () => {
  expect(hourStart(-1)).toBe(-HOUR);
  expect(dateText(dayStart(-9 * HOUR))).toBe('1969-12-31');
});

test('a month start is the last of December’s evening in UTC', () => {
  expect(new Date(monthStart(Date.UTC(2025, 11, 31, 16))).toISOString()).toBe('2025-12-31T16:00:00.000Z');
  expect(new Date(monthStart(Date.UTC(2025, 11, 31, 15, 59))).toISOString()).toBe('2025-11-30T16:00:00.000Z');
});

describe('parseInstant', () => {
  test.each([
    ['2024-02-29', '2024-02-28T16:00:00.000Z'],
    ['2026-11-23T08:00:00+08:00', '2026-11-23T00:00:00.000Z'],
    ['2026-11-23T08:00Z', '2026-11-23T08:00:00.000Z'],
    ['2026-11-23T08:00:00.250-05:00', '2026-11-23T13:00:00.250Z'],
  ])('reads %s', (text, iso) => {
    expect(new Date(parseInstant(text) ?? Number.NaN).toISOString()).toBe(iso);
  });

  test.each([
    '',
    'today',
    '2026-11',
    '20261123',
    '2026-1-1',
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-11-31',
    '2026-11-23T08:00:00',
    '2026-11-23 08:00:00+08:00',
    '2026-11-23T25:00:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T08:60:00Z',
    '2026-02-30T08:00:00Z',
    '2026-02-29T08:00:00+08:00',
    '2026-11-31T08:00:00+08:00',
    '2026-11-23T08:00:00+0800',
    '2026-11-23T08:00:00Z ',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});
