import { DAY } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { type Action, after, daysOverdue, escalationOf, type Finding, rates, type State } from './rules.ts';

const OWNER = 1;
const CHECKER = 2;

function walk(...steps: [Action, number][]): State {
  let finding: Finding = { state: 'open', mendedBy: null };
  for (const [action, by] of steps) {
    const state = after(finding, action, by);
    finding = { state, mendedBy: action === 'report-mended' ? by : finding.mendedBy };
  }
  return finding.state;
}

test('from the finding to its closing, with one return', () => {
  const mended: [Action, number] = ['report-mended', OWNER];
  expect(walk(['hand-over', CHECKER], mended, ['send-back', CHECKER], mended, ['pass', CHECKER])).toBe('closed');
});

test('nobody checks own work, nothing is skipped, what is closed stays closed', () => {
  expect(() => walk(['hand-over', CHECKER], ['report-mended', OWNER], ['pass', OWNER])).toThrow('own work');
  expect(() => walk(['pass', CHECKER])).toThrow('is open');
  expect(() => after({ state: 'closed', mendedBy: OWNER }, 'send-back', CHECKER)).toThrow('is closed');
});

test('overdue counts whole days begun, and stops when closed', () => {
  const due = { dueAt: 10 * DAY, closedAt: null };
  expect([10 * DAY, 10 * DAY + 1, 12 * DAY].map((now) => daysOverdue(due, now))).toEqual([0, 1, 2]);
  expect(daysOverdue({ ...due, closedAt: 11 * DAY }, 99 * DAY)).toBe(1);
  expect([0, 1, 3, 4, 10, 11].map(escalationOf)).toEqual(['none', 'unit', 'unit', 'district', 'district', 'city']);
});

test('rates count what is due; nothing due is no rate, not a hundred percent', () => {
  const now = 20 * DAY;
  expect(rates([{ dueAt: 30 * DAY, closedAt: null }], now)).toEqual({ due: 0, closedShare: null, inTimeShare: null });
  const findings = [
    { dueAt: 10 * DAY, closedAt: 9 * DAY },
    { dueAt: 10 * DAY, closedAt: 12 * DAY },
    { dueAt: 30 * DAY, closedAt: 15 * DAY },
    { dueAt: 19 * DAY, closedAt: null },
  ];
  expect(rates(findings, now)).toEqual({ due: 4, closedShare: 3 / 4, inTimeShare: 2 / 3 });
});
