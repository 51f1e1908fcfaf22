import { createDlt645Parser, encodeDlt645 } from '../firmware/drivers/dlt645/index.ts';
import { lowFirstBytes, lowFirstDigits } from '../firmware/frame/wire/index.ts';
import type { OnBytes } from './line-server.ts';

/** What a meter says to an identifier: its data (as on the wire, without 33H), 'refuse', or nothing. */
export type Dlt645Answer = string | 'refuse' | undefined;

/** Meters of DL/T 645 behind one line; `asked` collects `address di` of every request. */
export function dlt645Slaves(answerOf: (address: string, di: string) => Dlt645Answer, asked: string[] = []): OnBytes {
  const parser = createDlt645Parser();
  return (chunk, reply) => {
    for (const { address, control, data } of parser.push(chunk)) {
      const di = lowFirstDigits(data.subarray(0, (control & 0x10) === 0 ? 2 : 4));
      asked.push(`${address} ${di}`);
      const answer = answerOf(address, di);
      if (answer === undefined) continue;
      const body =
        answer === 'refuse'
          ? { control: control | 0xc0, data: Buffer.from([0x02]) }
          : { control: control | 0x80, data: Buffer.concat([lowFirstBytes(di), bytes(answer)]) };
      reply(encodeDlt645({ address, ...body }));
    }
  };
}

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
