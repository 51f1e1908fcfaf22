import { readdirSync, readFileSync } from 'node:fs';
import { type ModbusPoint, ModbusTemplate } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { templateById } from '../../templates/index.ts';
import { decodePoint } from './decode.ts';
import { planReads } from './plan.ts';

/**
 * Frames from outside the project: the only independent evidence for a register map, since the simulated meters share it
 * with the driver.
 */
const folder = new URL('../../testcases/', import.meta.url);
const cases = readdirSync(folder).map((name) => ({
  name,
  ...(JSON.parse(readFileSync(new URL(`${name}/case.json`, folder), 'utf8')) as {
    origin: string;
    template: string;
    request: string;
    reply: string;
    quantity: string;
    value: number;
  }),
}));
const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each(cases)('$name ($origin)', ({ template, request, reply, quantity, value }) => {
  const point = pointOf(template, quantity);
  const asked = bytes(request);
  expect(planReads([point])).toEqual([
    { fc: asked[1], address: asked.readUInt16BE(2), length: asked.readUInt16BE(4), points: [point] },
  ]);
  const answer = bytes(reply);
  expect(decodePoint(point, answer.subarray(3, 3 + answer.readUInt8(2)))).toBe(value);
});

function pointOf(template: string, quantity: string): ModbusPoint {
  const found = ModbusTemplate.parse(templateById(template)).points.find((point) => point.quantity === quantity);
  if (!found) throw new Error(`${template} has no ${quantity}`);
  return found;
}
