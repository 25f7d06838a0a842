import { formatUuid } from '../../lib/ids.ts';

/** Chance that repeats: the same seed gives the same sequence. */
export interface Chance {
  /** A number in [0, 1). */
  random(): number;
  /** A version 4 UUID. */
  newId(): string;
}

/** sfc32 (Chris Doty-Humphrey, public domain): small, fast, and good enough for ids and dice. */
export function createChance(seed: number): Chance {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = Math.trunc(seed) | 0;
  let d = Math.trunc(seed / 2 ** 32) | 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  // The first rounds still show the seed's pattern.
  for (let i = 0; i < 16; i++) next();
  return {
    random: () => next() / 2 ** 32,
    newId: () => {
      const bytes = new Uint8Array(16);
      const words = new DataView(bytes.buffer);
      for (let at = 0; at < 16; at += 4) words.setUint32(at, next());
      return formatUuid(bytes, 4);
    },
  };
}
