import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { GanzhiError, MeterTemplate, quantityByCode } from '@ganzhi/schemas';
import { findItem } from '../drivers/dlt645/index.ts';
import { WORDS } from '../drivers/modbus/decode.ts';
import { lineOf } from './locate.ts';

/** One thing that is wrong with a template: at which point and field, and what to do. */
interface Problem {
  point: string;
  what: string;
  field?: string;
  /** Where the point stands in the list; found by its quantity when not said. */
  index?: number;
}

/**
 * A template that can be trusted as far as it can be known without a meter: the shape, known quantities of one medium, no
 * register used twice, scales and resolutions that a meter can have.
 *
 * @param input what a template file exports, or a JSON document of the same shape
 * @param file where it stands, for the message; `firmware/templates/<id>.ts` when not said
 * @param text what the file holds, for the lines; read from this folder when not given
 * @throws GanzhiError `config-invalid`: file, line, point and remedy of everything that is wrong
 */
export function checkedTemplate(input: unknown, file = fileOf(input), text?: string): MeterTemplate {
  const parsed = MeterTemplate.safeParse(input);
  const problems = parsed.success
    ? findProblems(parsed.data)
    : parsed.error.issues.map(({ path, message }) => shapeProblem(input, path, message));
  if (parsed.success && problems.length === 0) return parsed.data;
  const source = text ?? sourceOf(file);
  const lines = problems.map(({ point, what, field, index = indexOf(input, point) }) => {
    const line = source === undefined ? undefined : lineOf(source, { index, field });
    return `${line === undefined ? '' : `line ${line}, `}${point}: ${what}`;
  });
  throw new GanzhiError('config-invalid', `Meter template ${file}:\n  ${lines.join('\n  ')}`);
}

/** A template of this folder; another file's text is its reader's to give. */
function sourceOf(file: string): string | undefined {
  const source = new URL(`./${basename(file)}`, import.meta.url);
  return file.startsWith('firmware/templates/') && existsSync(source) ? readFileSync(source, 'utf8') : undefined;
}

function findProblems(template: MeterTemplate): Problem[] {
  const shared = template.points.flatMap(({ quantity, scale, decimals, modulus }) => [
    ...scaleProblems(quantity, scale, decimals),
    ...modulusProblems(quantity, decimals, modulus),
  ]);
  return [...shared, ...doubled(template), ...mixedMedia(template), ...protocolProblems(template)];
}

/** Meters count in decimal steps of SI units, or in 36s of them (kWh to MJ); nothing in between has a manual. */
function scaleProblems(point: string, scale: number, decimals: number): Problem[] {
  const mantissa = scale / 10 ** Math.floor(Math.log10(scale) + 1e-12);
  const usual = [1, 2, 2.5, 3.6, 5].some((value) => Math.abs(mantissa - value) < 1e-9);
  if (scale < 1e-6 || scale > 1e6 || !usual) {
    return [
      {
        point,
        field: 'scale',
        what: `scale ${scale} is impossible: write the manual's step, such as 0.01 for 0.01 kWh`,
      },
    ];
  }
  const finest = quantityByCode(point)?.kind === 'counter' ? 3 : 6;
  return decimals > finest
    ? [{ point, field: 'decimals', what: `${decimals} decimals are finer than meters count; at most ${finest}` }]
    : [];
}

function modulusProblems(point: string, decimals: number, modulus: number | undefined): Problem[] {
  if (modulus === undefined) return [];
  if (quantityByCode(point)?.kind !== 'counter')
    return [{ point, field: 'modulus', what: 'a momentary value has no modulus; remove it' }];
  const steps = modulus * 10 ** decimals;
  return Number.isSafeInteger(Math.round(steps)) && steps >= 10_000
    ? []
    : [
        {
          point,
          field: 'modulus',
          what: `modulus ${modulus} is impossible; it is the value at which the register returns to zero`,
        },
      ];
}

function doubled({ points }: MeterTemplate): Problem[] {
  const seen = new Set<string>();
  return points.flatMap(({ quantity }, index) => {
    if (seen.has(quantity))
      return [{ point: quantity, index, what: 'stands twice; a meter has one register for a quantity' }];
    seen.add(quantity);
    return [];
  });
}

function mixedMedia({ points }: MeterTemplate): Problem[] {
  const media = new Set(points.map(({ quantity }) => quantityByCode(quantity)?.medium));
  media.delete('environment');
  return media.size > 1 ? [{ point: '(all)', what: `measures ${[...media].join(' and ')}; make two templates` }] : [];
}

function protocolProblems(template: MeterTemplate): Problem[] {
  switch (template.protocol) {
    case 'modbus':
      return overlaps(template.points);
    case 'dlt645':
      return template.points.flatMap(identifierProblems);
    case 'cjt188':
      return sharedFields(template.points, ({ field }) => field);
    case 'opcua':
      return sharedFields(template.points, ({ path }) => path);
  }
}

type ModbusPoints = Extract<MeterTemplate, { protocol: 'modbus' }>['points'];

/** Two points on one register are a copying mistake: the same number would count as two quantities. */
function overlaps(points: ModbusPoints): Problem[] {
  const sorted = [...points].sort((a, b) => a.fc - b.fc || a.address - b.address);
  return sorted.flatMap((point, index) => {
    const end = point.address + WORDS[point.type];
    const beyond =
      end > 0x1_0000 ? [{ point: point.quantity, field: 'address', what: `ends behind register 65535` }] : [];
    const next = sorted[index + 1];
    if (!next || next.fc !== point.fc || next.address >= end) return beyond;
    const what = `registers ${next.address} to ${end - 1} belong to ${point.quantity} (${point.type} at ${point.address}) too; look both up again`;
    return [...beyond, { point: next.quantity, field: 'address', what }];
  });
}

type Dlt645Points = Extract<MeterTemplate, { protocol: 'dlt645' }>['points'];

function identifierProblems({ quantity, di, block, scale, decimals }: Dlt645Points[number]): Problem[] {
  const found = findItem(di);
  if (!found) return [{ point: quantity, what: `identifier ${di} is not in the tables of the standard` }];
  const problems: string[] = [];
  if (found.quantity !== quantity)
    problems.push(`identifier ${di} is ${found.en}, ${found.quantity ?? 'another thing'}`);
  if (scale !== 1) problems.push('the standard fixes the scale; leave it out');
  if (decimals < found.decimals)
    problems.push(`the standard gives ${found.decimals} decimals; ${decimals} would lose some`);
  if (block !== undefined && block.length !== di.length) problems.push(`block ${block} is of the other edition`);
  return problems.map((what) => ({ point: quantity, what }));
}

function sharedFields<P extends { quantity: string }>(points: readonly P[], of: (point: P) => string): Problem[] {
  const owners = new Map<string, string>();
  return points.flatMap((point) => {
    const owner = owners.get(of(point));
    owners.set(of(point), point.quantity);
    return owner ? [{ point: point.quantity, what: `${of(point)} belongs to ${owner} too` }] : [];
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const fileOf = (input: unknown): string =>
  isRecord(input) && typeof input.id === 'string' ? `firmware/templates/${input.id}.ts` : '(without id)';

/** `points[3] voltage.a, scale`: a person finds the line by the quantity. */
function shapeProblem(input: unknown, path: readonly PropertyKey[], what: string): Problem {
  const [list, at, ...rest] = path;
  if (list !== 'points' || typeof at !== 'number') {
    const point = path.join('.') || '(all)';
    return typeof list === 'string' ? { point, what, field: list } : { point, what };
  }
  const quantity = quantityAt(input, at);
  const [field] = rest;
  const point = `points[${at}]${quantity ? ` ${quantity}` : ''}, ${rest.join('.')}`;
  return { point, what, index: at, ...(typeof field === 'string' ? { field } : {}) };
}

const pointsIn = (input: unknown): readonly unknown[] =>
  isRecord(input) && Array.isArray(input.points) ? input.points : [];

function quantityAt(input: unknown, index: number): string | undefined {
  const point = pointsIn(input)[index];
  return isRecord(point) && typeof point.quantity === 'string' ? point.quantity : undefined;
}

function indexOf(input: unknown, quantity: string): number | undefined {
  const found = pointsIn(input).findIndex((_, index) => quantityAt(input, index) === quantity);
  return found < 0 ? undefined : found;
}
