import { createHash } from 'node:crypto';

const TWO_TO_48 = 2 ** 48;

/**
 * The `n`-th number of the stream that `seed` and `name` stand for, from 0 to below 1. Nothing is
 * kept between calls, so one stream's draws never shift another's.
 */
export function randomAt(seed: string, name: string, n: number): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, name, n]))
    .digest();
  return digest.readUIntBE(0, 6) / TWO_TO_48;
}
