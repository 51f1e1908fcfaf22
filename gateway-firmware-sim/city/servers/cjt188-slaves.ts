import type { Cjt188Template } from '@ganzhi/schemas';
import { createCjt188Parser, encodeCjt188 } from '../../firmware/drivers/cjt188/index.ts';
import { toBcd } from '../../firmware/frame/wire/index.ts';
import type { Slaves } from './bus-server.ts';
import { cutCounts, type Slave } from './slave.ts';

const READ = 0x01;
const ANSWER = 0x80;
const CUBIC_METRES = 0x2c;
const VOLUME_DECIMALS = 2;
/** Clock of a meter without one (FF), then status: valve open, battery good. */
const TAIL = Buffer.from('ffffffffffffff0000', 'hex');

/** Water and gas meters of CJ/T 188 by address: current volume and that of the settlement day, which is the same here. */
export function cjt188Slaves(meters: ReadonlyMap<string, Slave<Cjt188Template>>): Slaves {
  const parser = createCjt188Parser();
  return (chunk, reply) => {
    for (const { type, address, control, data } of parser.push(chunk)) {
      const slave = meters.get(address);
      if (!slave || slave.isDead() || control !== READ) continue;
      const [point] = slave.template.points;
      const counts = cutCounts(slave.values()[point?.quantity ?? ''] ?? 0, VOLUME_DECIMALS);
      const volume = Buffer.concat([toBcd(BigInt(counts), 4), Buffer.from([CUBIC_METRES])]);
      // Identifier and sequence are mirrored.
      const answer = Buffer.concat([data.subarray(0, 3), volume, volume, TAIL]);
      reply(encodeCjt188({ type, address, control: control | ANSWER, data: answer }));
    }
  };
}
