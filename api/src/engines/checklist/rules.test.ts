import { expect, test } from 'vitest';
import { type Answer, checkTemplate, scoreOf, type Template, VETOED } from './rules.ts';

const template: Template = {
  items: [
    { code: 'A1', zh: '制度', en: 'Rules', maxPoints: 40 },
    { code: 'A2', zh: '台账', en: 'Ledger', maxPoints: 60 },
    { code: 'V1', zh: '无重大事故', en: 'No accident', maxPoints: 0, veto: true },
  ],
  grades: [
    { code: 'excellent', from: 0.9 },
    { code: 'good', from: 0.75 },
    { code: 'failed', from: 0 },
  ],
};
const answers = (a1: number | null, a2: number | null, met = true): Answer[] => [
  { code: 'A1', points: a1 },
  { code: 'A2', points: a2 },
  { code: 'V1', points: 0, met },
];

test.each([
  [answers(40, 50), 90, 100, 'excellent'],
  [answers(40, 49.9), 89.9, 100, 'good'],
  [answers(0, 0), 0, 100, 'failed'],
  [answers(null, 45), 45, 60, 'good'],
  [answers(40, 60, false), 100, 100, VETOED],
  [answers(null, null), 0, 0, null],
] as const)('%j: %d of %d is %s', (sheet, points, of, grade) => {
  expect(scoreOf(template, sheet)).toMatchObject({ points, of, grade, open: [] });
});

test('a sheet that is not finished has no grade and says what is open; a veto stands at once', () => {
  expect(scoreOf(template, answers(40, 50).slice(0, 1))).toMatchObject({ grade: null, open: ['A2', 'V1'] });
  expect(scoreOf(template, answers(0, 0, false).slice(2))).toMatchObject({ grade: VETOED, vetoes: ['V1'] });
});

test.each([
  [[{ code: 'B9', points: 1 }], 'B9 is not on the list'],
  [[{ code: 'A1', points: 41 }], 'A1 takes 0 to 40 points'],
  [[{ code: 'A1', points: Number.NaN }], 'A1 takes 0 to 40 points'],
  [[{ code: 'V1', points: 0 }], 'say whether it is met'],
  [answers(1, 1).concat(answers(1, 1)), 'answer an item twice'],
])('refuses %j', (sheet, message) => expect(() => scoreOf(template, sheet)).toThrow(message));

test('a template is checked before it is used', () => {
  expect(() => checkTemplate(template)).not.toThrow();
  const [first] = template.items;
  expect(() => checkTemplate({ ...template, items: first ? [first, first] : [] })).toThrow('A1 stands twice');
  const idle = { code: 'X', zh: 'x', en: 'x', maxPoints: 0 };
  expect(() => checkTemplate({ ...template, items: [idle] })).toThrow('neither points nor a veto');
  expect(() => checkTemplate({ ...template, grades: template.grades.slice(0, 2) })).toThrow('end at 0');
});
