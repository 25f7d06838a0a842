/**
 * Where several instances on one access token keep the rate window that they use up together. One
 * exchange is one transaction: an instance says what it knows and has, and takes what it wants. All
 * numbers are absolute, so an exchange whose answer was lost may be repeated, and what was claimed
 * by it unknowingly is free again. Durations only, since no two machines share a clock.
 */
export interface WindowStore {
  /** @throws when the store cannot be reached */
  exchange(report: WindowReport): Promise<SharedWindow>;
}

export interface WindowReport {
  /** The window that this is about; -1 when none is known yet. */
  readonly no: number;
  /** Requests of that window that are this instance's: sent, or still to be sent. */
  readonly claimed: number;
  /** Of those, and of earlier ones, how many may still arrive at the platform. Never too few. */
  readonly outstanding: number;
  /** What answers told of that window. */
  readonly seen: WindowSeen | undefined;
  /** Requests to be claimed: so many, or none. */
  readonly want: number;
  /** More than wanted may be claimed, for what is to come. */
  readonly isBusy: boolean;
}

export type WindowSeen =
  | {
      readonly kind: 'open';
      /** The highest count. */
      readonly count: number;
      readonly allowed: number;
      /** It ends no later than in so many milliseconds. */
      readonly endsInMs: number;
    }
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'over' }
  | {
      readonly kind: 'refused';
      readonly isOwn: boolean;
      readonly count: number | undefined;
      readonly allowed: number | undefined;
      /** Nothing is to be sent for so long. */
      readonly endsInMs: number;
    };

export interface SharedWindow {
  /** Grows with each window. */
  readonly no: number;
  /** `probe`: nobody has an answer of this window yet. */
  readonly state: 'probe' | 'open' | 'unlimited' | 'frozen';
  /** Requests it allows; undefined when none has told. */
  readonly allowed: number | undefined;
  /** Used by strangers on the same token, at least. */
  readonly foreign: number;
  /** Kept free for them. */
  readonly margin: number;
  /** Claimed by all instances. */
  readonly claimedByAll: number;
  /** Claimed by this one, what was drawn just now among it. */
  readonly claimed: number;
  readonly drawn: number;
  /** The window, or the freeze, ends no later than in so many milliseconds. */
  readonly endsInMs: number | undefined;
}
