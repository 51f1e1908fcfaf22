import { ReadError } from '../driver.ts';
import type { LineBus } from '../line/bus.ts';
import { addressAnswers, createDlt645Parser, type Dlt645Frame, fullAddress } from './frame.ts';
import { type Dlt645Message, joinParts, readMessage } from './reply.ts';
import { buildRead, buildReadNext } from './request.ts';
import { type Dlt645Value, readValues } from './values.ts';

/** A meter on a line. */
export interface Dlt645Meter {
  /** Up to twelve digits; `AA` pairs match any meter and are for a bus with one meter only. */
  address: string;
  wakeBytes: number;
  timeoutMs: number;
}

/** A meter that always says "more follows" would keep the bus for ever. */
const MOST_PARTS = 16;

type DataMessage = Extract<Dlt645Message, { kind: 'data' }>;

/**
 * Reads one identifier, or a block, with as many follow-up requests as the meter announces.
 *
 * @throws ReadError with the failure's code
 * @throws FrameError `frame-content` when the data do not fit the identifier
 */
export async function readItems(line: LineBus, meter: Dlt645Meter, di: string): Promise<Dlt645Value[]> {
  const { address, wakeBytes: preamble } = meter;
  const parts = [await ask(line, meter, di, buildRead({ address, di, preamble }))];
  while (parts.at(-1)?.control.more) {
    if (parts.length >= MOST_PARTS) throw new ReadError('read-garbage', `${di}: more than ${MOST_PARTS} parts`);
    const request = buildReadNext({ address, di, preamble, sequence: parts.length });
    parts.push(await ask(line, meter, di, request));
  }
  const values = readValues(di, joinParts(parts).payload);
  if (!values) throw new ReadError('read-garbage', `Identifier ${di} is not in the tables`);
  return values;
}

const ask = (line: LineBus, { address, timeoutMs }: Dlt645Meter, di: string, request: Buffer): Promise<DataMessage> =>
  line.exchange({
    request,
    parser: createDlt645Parser(),
    timeoutMs,
    accept: (frame) => answerOf(frame, fullAddress(address), di),
  });

/** The answer, or undefined for a frame of another meter, another identifier, or another master's request. */
function answerOf(frame: Dlt645Frame, address: string, di: string): DataMessage | undefined {
  if (!addressAnswers(address, frame.address)) return undefined;
  const message = readMessage(frame);
  if (!message.control.fromMeter) return undefined;
  if (message.kind === 'refused') {
    const reasons = message.reasons.map(({ name }) => name).join(', ') || 'no reason';
    throw new ReadError('read-refused', `Meter ${frame.address} refused ${di}: ${reasons}`, { hasNoSuchData: true });
  }
  return message.kind === 'data' && message.di === di.toUpperCase() ? message : undefined;
}
