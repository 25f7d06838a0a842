import type { BeatTiming } from '../../src/engine/instance.ts';

/** Whether the full numbers are run (`npm run soak`), and not a sample of them. */
export const isSoak: boolean = process.env['RAPPORT_SOAK'] !== undefined;

/** Of everything that is left to chance; a new one at each run, unless told. */
export const SEED: number = Number(process.env['RAPPORT_SEED'] ?? Date.now() % 1_000_000);

/** Leases of half a second: the rules are those of real ones, and a test takes a fraction of the time. */
export const FAST: BeatTiming = { beatMs: 100, aliveMs: 1_000, holdMs: 500 };
