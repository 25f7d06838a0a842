/**
 * Where several instances on one OAuth client keep what they have in common: its access token, and the
 * rate window that goes with it. The names tell one client from another. Durations only, since no two
 * machines share a clock.
 */
export interface Sharing {
  /** One transaction: reports, and claims of a rate window. Repeating it does no harm. */
  exchange(token: string, report: WindowReport): Promise<SharedWindow>;
  readToken(client: string): Promise<SealedToken | undefined>;
  /** False when another instance has put a token of that generation, or a later one, there. */
  replaceToken(client: string, token: NewToken): Promise<boolean>;
  /** The right to sign in for all, for so long; false while another instance has it. */
  holdSignIn(client: string, forMs: number): Promise<boolean>;
  dropSignIn(client: string): Promise<void>;
}

/** An access token that all instances use, sealed by whoever fetched it. */
export interface SealedToken {
  /** Grows with every token. */
  readonly generation: number;
  readonly sealed: string;
  /** Negative when it has ended; milliseconds. */
  readonly endsInMs: number;
}

export type NewToken = Pick<SealedToken, 'generation' | 'sealed'> & { readonly lifeMs: number };

/** What one instance says of itself and of a rate window, and what it wants of it. */
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
