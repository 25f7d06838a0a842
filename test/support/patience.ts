/**
 * How long something may take that only a hang delays, in milliseconds: long enough for a machine
 * that has ten times as much to do as it can. Nothing here says how fast anything is.
 */
export const PATIENCE_MS = 240_000;

/** For a whole test; longer, so that what it waits for is what fails, with its own words. */
export const TEST_MS = 300_000;
