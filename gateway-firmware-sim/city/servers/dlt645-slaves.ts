import type { Dlt645Template } from '@ganzhi/schemas';
import { createDlt645Parser, encodeDlt645, findItem } from '../../firmware/drivers/dlt645/index.ts';
import { lowFirstBytes, lowFirstDigits, toBcd } from '../../firmware/frame/wire/index.ts';
import type { Slaves } from './bus-server.ts';
import { cutCounts, type Slave } from './slave.ts';

const READ_2007 = 0x11;
const ANSWER = 0x80;
const ERROR = 0xc0;
const NO_DATA = 0x02;

/** Meters of DL/T 645-2007 by address; a block holds the points that name it, in the order of their identifiers. */
export function dlt645Slaves(meters: ReadonlyMap<string, Slave<Dlt645Template>>): Slaves {
  const parser = createDlt645Parser();
  return (chunk, reply) => {
    for (const { address, control, data } of parser.push(chunk)) {
      const slave = meters.get(address);
      if (!slave || slave.isDead() || control !== READ_2007) continue;
      const di = lowFirstDigits(data.subarray(0, 4));
      const content = contentOf(slave, di);
      reply(
        content
          ? encodeDlt645({ address, control: control | ANSWER, data: Buffer.concat([lowFirstBytes(di), content]) })
          : encodeDlt645({ address, control: control | ERROR, data: Buffer.from([NO_DATA]) }),
      );
    }
  };
}

function contentOf({ template, values }: Slave<Dlt645Template>, di: string): Buffer | undefined {
  const points = template.points.filter((point) => point.di === di || point.block === di);
  if (points.length === 0) return undefined;
  const shown = values();
  return Buffer.concat(points.map((point) => fieldOf(point.di, shown[point.quantity] ?? 0)));
}

/** A value that is too big for its digits is shown as none: FF. */
function fieldOf(di: string, value: number): Buffer {
  const item = findItem(di);
  if (!item) throw new Error(`The simulated meter has no ${di}`);
  const { bytes, decimals, format } = item;
  try {
    return toBcd(BigInt(cutCounts(value, decimals)), bytes, format === 'signed');
  } catch {
    return Buffer.alloc(bytes, 0xff);
  }
}
