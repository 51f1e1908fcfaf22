const WORD = 0x1_0000n;
const DOUBLE_WORD = WORD * WORD;

/** A 32-bit register with its two 16-bit words the other way round; undefined when it is none or nothing changes. */
export function swappedWords(counts: bigint): bigint | undefined {
  if (counts < 0n || counts >= DOUBLE_WORD) return undefined;
  const swapped = (counts % WORD) * WORD + counts / WORD;
  return swapped === counts ? undefined : swapped;
}
