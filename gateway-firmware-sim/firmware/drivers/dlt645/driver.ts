import type { Dlt645Point } from '@ganzhi/schemas';
import type { MeterDriver, ReadResult } from '../driver.ts';
import type { LineBus } from '../line/bus.ts';
import { createUnitDriver, type Held } from '../unit.ts';
import { type Dlt645Meter, readItems } from './client.ts';
import type { Dlt645Value } from './values.ts';

export interface Dlt645DriverOptions extends Dlt645Meter {
  bus: string;
  points: readonly Dlt645Point[];
  acquire: () => Held<LineBus>;
}

/** One identifier, single or block, and the points in its answer. */
interface ItemRead {
  di: string;
  isBlock: boolean;
  points: readonly Dlt645Point[];
}

/** One DL/T 645 meter of either edition. A block that the meter refuses is read item by item from then on. */
export const createDlt645Driver = ({ bus, points, acquire, ...meter }: Dlt645DriverOptions): MeterDriver =>
  createUnitDriver<LineBus, ItemRead, Dlt645Value[]>({
    protocol: 'dlt645',
    bus,
    requests: planItems(points),
    acquire,
    ask: (line, { di }) => readItems(line, meter, di),
    decode,
    split: ({ isBlock, points: members }) =>
      isBlock ? members.map((point) => ({ di: point.di, isBlock: false, points: [point] })) : [],
  });

/** One request per block, one per single item, in the template's order. A block of one wanted point is read as that item. */
export function planItems(points: readonly Dlt645Point[]): ItemRead[] {
  return [...Map.groupBy(points, ({ di, block }) => block ?? di)].map(([di, members]) => {
    const [only] = members;
    return members.length === 1 && only
      ? { di: only.di, isBlock: false, points: members }
      : { di, isBlock: members.some(({ block }) => block !== undefined), points: members };
  });
}

function decode({ points }: ItemRead, values: readonly Dlt645Value[]): ReadResult {
  const result: ReadResult = { values: [], failures: [], withoutValue: [] };
  for (const { di, quantity } of points) {
    const found = values.find(({ item }) => item.di === di);
    if (!found) result.failures.push({ quantity, code: 'read-refused' });
    else if (found.value === undefined) result.withoutValue.push(quantity);
    else result.values.push({ quantity, value: found.value, quality: 0 });
  }
  return result;
}
