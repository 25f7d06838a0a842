/** What to do when somebody else's value stands where ours was. */
export type OverwritePolicy = 'ours' | 'theirs' | 'alert';

/** The times and bounds of proof and guard; all durations in milliseconds. */
export interface ProofSettings {
  /** How long an accepted write may take to show before it is judged. */
  readonly proveMs: number;
  /** How long after the acknowledgement a judged write is still watched. */
  readonly lateMs: number;
  /** How long the platform is given to settle before a doubtful write is read or an overwrite answered. */
  readonly settleMs: number;
  /** How often the guard writes one key again in one conversation. */
  readonly maxRewrites: number;
  /** Pause before the first rewrite, the second, …; the last one holds for all that follow. */
  readonly gapsMs: readonly number[];
  readonly onOverwrite: {
    readonly byFlow: OverwritePolicy;
    readonly byOthers: OverwritePolicy;
  };
}

export const DEFAULT_PROOF_SETTINGS: ProofSettings = Object.freeze({
  proveMs: 5000,
  lateMs: 60_000,
  settleMs: 2000,
  maxRewrites: 2,
  gapsMs: Object.freeze([1000, 4000]),
  onOverwrite: Object.freeze({ byFlow: 'ours', byOthers: 'alert' } as const),
});

/** Pauses before the proof reads of a conversation that no topic covers, in milliseconds. */
export const PROOF_READ_PAUSES_MS: readonly number[] = [250, 500, 1000, 2000];

/** When a wipe is looked at, in milliseconds after its acknowledgement. */
export const WIPE_READS_MS: readonly number[] = [1000, 5000, 30_000];

/** How long a wipe is tried and watched before it counts as failed, in milliseconds. */
export const WIPE_DEADLINE_MS = 600_000;

/** A change within this time after a flow ended is the flow's, in milliseconds. */
export const FLOW_AFTERMATH_MS = 5000;

/** How often one wanted value is sent again because nobody could tell whether it had arrived. */
export const MAX_DOUBTS = 8;

/** How many of our own digests an entry remembers. */
export const MAX_OWN = 8;
