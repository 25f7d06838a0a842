/** What happens to one request. */
export interface RequestPlan {
  /** Waited before anything else, in milliseconds. */
  readonly delayMs: number;
  /** The request's token is revoked first. */
  readonly revokesToken: boolean;
  readonly outcome: RequestOutcome;
  /** Ids of the rules that fired, for the log. */
  readonly rules: readonly string[];
}

/** `commits`: the request is carried out, and only its answer is replaced. */
export type RequestOutcome =
  | { readonly kind: 'serve' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code: string;
      readonly message: string;
      readonly retryAfterSeconds: number | undefined;
      readonly commits: boolean;
    }
  | { readonly kind: 'reset'; readonly commits: boolean }
  | { readonly kind: 'silence'; readonly commits: boolean };

/** What happens to one frame on one channel. */
export interface FramePlan {
  /** One entry per delivery, in milliseconds from now; empty when the frame is lost. */
  readonly deliveries: readonly number[];
  /** Held until this many later frames of the channel have passed, at most `waitMs`. */
  readonly hold: { readonly behind: number; readonly waitMs: number } | undefined;
  readonly socket: SocketPlan;
  readonly rules: readonly string[];
}

export type SocketPlan =
  | { readonly kind: 'keep' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'mute'; readonly forMs: number };
