/** Why a channel stopped delivering. */
export type LossReason =
  | 'socket-closed'
  | 'silence'
  | 'channel-gone'
  | 'expired'
  | 'could-not-connect';

export type ChannelState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'live'; readonly sinceMs: number }
  | { readonly kind: 'renewing'; readonly sinceMs: number }
  | { readonly kind: 'lost'; readonly reason: LossReason; readonly retryInMs: number }
  | { readonly kind: 'closed' };

/** Counted since the channel was started. */
export interface ChannelCounts {
  readonly frames: number;
  /** Frames that were no JSON. */
  readonly unreadableFrames: number;
  /** Frames whose handler failed; the time they span is reported as a gap. */
  readonly failedFrames: number;
  readonly losses: number;
  /** Requests to the platform for creating, checking, subscribing and renewing. */
  readonly requests: number;
  /** Subscriptions that cost no request. */
  readonly inBandMessages: number;
}

/** Durations of a channel's life, in milliseconds. */
export interface ChannelTiming {
  /** The platform sends a heartbeat every 30 s; a longer silence is asked about. */
  readonly silenceMs: number;
  /** How long an answer on the socket may take. */
  readonly answerMs: number;
  readonly connectMs: number;
  /** The platform ends a channel 24 h after its topics were last put. */
  readonly lifeMs: number;
  readonly renewAfterMs: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** A channel that lived this long starts its backoff anew. */
  readonly stableMs: number;
  /** How long topics gather before they are put together. */
  readonly gatherMs: number;
}

const HOUR_MS = 3_600_000;

/** Heartbeat and life: the platform's notification documentation, checked 2026-11-20. */
export const CHANNEL_TIMING: ChannelTiming = {
  silenceMs: 45_000,
  answerMs: 10_000,
  connectMs: 15_000,
  lifeMs: 24 * HOUR_MS,
  renewAfterMs: 18 * HOUR_MS,
  backoffBaseMs: 500,
  backoffMaxMs: 60_000,
  stableMs: 60_000,
  gatherMs: 50,
};
