/** The header in front of each answer on Modbus TCP (Messaging on TCP/IP implementation guide V1.0b, §3.1.3). */
const HEADER_BYTES = 7;
const LONGEST_BODY = 254;

/** What came over a Modbus TCP connection, beside the library that reads it. */
export interface TcpWatch {
  push(chunk: Buffer): void;
  /** What came since the last call. */
  take(): { frames: { unit: number }[]; damaged: number };
}

/**
 * Follows the envelopes of a Modbus TCP stream, because the library neither looks at the protocol identifier nor says a
 * word about answers that nobody waits for. Behind a damaged envelope nothing can be known until the next connection.
 */
export function watchTcp(): TcpWatch {
  let held: Buffer = Buffer.alloc(0);
  let toSkip = 0;
  let isLost = false;
  let seen: ReturnType<TcpWatch['take']> = { frames: [], damaged: 0 };

  const readHeader = (): boolean => {
    if (held.length < HEADER_BYTES) return false;
    const length = held.readUInt16BE(4);
    if (held.readUInt16BE(2) !== 0 || length < 2 || length > LONGEST_BODY) {
      seen.damaged += 1;
      isLost = true;
      return false;
    }
    seen.frames.push({ unit: held.readUInt8(6) });
    toSkip = length - 1;
    held = held.subarray(HEADER_BYTES);
    return true;
  };

  return {
    push(chunk) {
      if (isLost) return;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      do {
        const skipped = Math.min(toSkip, held.length);
        toSkip -= skipped;
        held = held.subarray(skipped);
      } while (toSkip === 0 && readHeader());
      if (isLost) held = Buffer.alloc(0);
    },
    take() {
      const taken = seen;
      seen = { frames: [], damaged: 0 };
      return taken;
    },
  };
}
