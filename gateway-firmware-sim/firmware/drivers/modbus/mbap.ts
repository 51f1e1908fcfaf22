/** The header in front of each message on Modbus TCP (Messaging on TCP/IP implementation guide V1.0b, §3.1.3). */
const HEADER_BYTES = 7;
const LONGEST_BODY = 254;

export interface MbapFrame {
  transaction: number;
  unit: number;
  pdu: Buffer;
}

/** Finds the frames in a stream of bytes. There is no checksum and no start to look for: behind damage nothing can be known. */
export interface MbapReader {
  push(chunk: Buffer): MbapFrame[];
  /** An envelope was none: the connection is of no more use. */
  isLost(): boolean;
  /** A frame has begun and not ended. */
  isInside(): boolean;
}

export function createMbapReader(): MbapReader {
  let held: Buffer = Buffer.alloc(0);
  let lost = false;
  const next = (): MbapFrame | undefined => {
    if (held.length < HEADER_BYTES) return undefined;
    const length = held.readUInt16BE(4);
    if (held.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST_BODY) {
      lost = true;
      held = Buffer.alloc(0);
      return undefined;
    }
    const end = HEADER_BYTES - 1 + length;
    if (held.length < end) return undefined;
    const frame = {
      transaction: held.readUInt16BE(0),
      unit: held.readUInt8(6),
      pdu: held.subarray(HEADER_BYTES, end),
    };
    held = held.subarray(end);
    return frame;
  };
  return {
    push(chunk) {
      if (lost) return [];
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const frames: MbapFrame[] = [];
      for (let frame = next(); frame; frame = next()) frames.push(frame);
      return frames;
    },
    isLost: () => lost,
    isInside: () => held.length > 0,
  };
}

export function encodeMbap({ transaction, unit, pdu }: MbapFrame): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + pdu.length);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame.writeUInt8(unit, 6);
  pdu.copy(frame, HEADER_BYTES);
  return frame;
}
