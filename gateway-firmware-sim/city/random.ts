/** Deterministic randomness by hashing names, not by drawing in order: adding a meter never changes another one's values. */

/** 32-bit hash of a text (FNV-1a), spread by `mix`. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** Uniform in [0, 1) from an integer key and a step; cheap enough for one call per quarter-hour of a city's year. */
export const hashUnit = (key: number, step: number): number => mix(key ^ Math.imul(step, 0x9e3779b1)) / 2 ** 32;

/** Uniform in [0, 1), named by its parts: `unit(seed, 'CZ-0001', 'area')`. */
export const unit = (seed: number, ...name: string[]): number => hashText(`${seed}|${name.join('|')}`) / 2 ** 32;

/** Standard normal (Box–Muller) of a name. */
export function normal(seed: number, ...name: string[]): number {
  const u = Math.max(unit(seed, ...name, 'u'), 1e-12);
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * unit(seed, ...name, 'v'));
}

export const between = (low: number, high: number, at: number): number => low + (high - low) * at;

/** Finaliser of MurmurHash3 (public domain, Austin Appleby): every input bit reaches every output bit. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
