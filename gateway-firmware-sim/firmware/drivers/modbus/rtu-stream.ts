import type { FrameErrorCode, StreamCounters, StreamParser } from '../../frame/wire/index.ts';
import { decodeRtu, type ModbusAdu } from './rtu-adu.ts';
import { crc16 } from './rtu-crc.ts';

const LONGEST = 256;

/**
 * Finds Modbus RTU answers in the bytes of a line. RTU has no start byte, only silence and a CRC: the function code tells
 * how long an answer must be, the CRC whether it is one, and a place where none begins costs one byte. Noise in front
 * of an answer may look like the start of a longer one; then the answer comes out at `end()`.
 */
export function createRtuParser(): StreamParser<ModbusAdu> {
  const counters: StreamCounters = { frames: 0, skippedBytes: 0, errors: {} };
  let held: Buffer = Buffer.alloc(0);

  const scan = (complete: boolean): ModbusAdu[] => {
    const found: ModbusAdu[] = [];
    let at = 0;
    while (at < held.length) {
      const verdict = judge(held.subarray(at));
      if (verdict === 'frame-short' && !complete) break;
      if (typeof verdict === 'number') {
        counters.frames += 1;
        found.push(decodeRtu(held.subarray(at, at + verdict)));
        at += verdict;
      } else {
        counters.errors[verdict] = (counters.errors[verdict] ?? 0) + 1;
        counters.skippedBytes += 1;
        at += 1;
      }
    }
    held = Buffer.from(held.subarray(at));
    return found;
  };

  return {
    push(chunk) {
      const found: ModbusAdu[] = [];
      for (let from = 0; from < chunk.length; from += LONGEST) {
        held = Buffer.concat([held, chunk.subarray(from, from + LONGEST)]);
        found.push(...scan(false));
      }
      return found;
    },
    end: () => scan(true),
    counters,
    get heldBytes() {
      return held.length;
    },
  };
}

/** Size of the answer that these bytes begin with, or why they do not. */
function judge(bytes: Buffer): number | FrameErrorCode {
  if (bytes.length < 2) return 'frame-short';
  const size = answerSize(bytes);
  if (size === undefined) return 'frame-start';
  if (bytes.length < size) return 'frame-short';
  return crc16(bytes.subarray(0, size - 2)) === bytes.readUInt16LE(size - 2) ? size : 'frame-checksum';
}

/** Unit, function, contents, CRC; undefined for what no answer begins with. */
function answerSize(bytes: Buffer): number | undefined {
  const code = bytes.readUInt8(1);
  if (code & 0x80) return 5;
  if (code === 5 || code === 6 || code === 15 || code === 16) return 8;
  if (code < 1 || code > 4) return undefined;
  const count = bytes.length > 2 ? bytes.readUInt8(2) : 2;
  const possible = count > 0 && count <= 250 && (code < 3 || count % 2 === 0);
  return possible ? 5 + count : undefined;
}
