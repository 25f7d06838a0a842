/** What was seen from outside while a ledger worked: by its clients, by the platform, by its turns. */
export type HistoryEvent =
  /** A client read the acknowledgement of its request. */
  | {
      readonly kind: 'acknowledged';
      readonly asked: string;
      readonly answered: string;
      readonly conversationId: string;
      readonly dedupeKey: string;
    }
  | (TurnEvent & { readonly kind: 'began'; readonly arrivals: number })
  /** The platform took a write. */
  | (TurnEvent & { readonly kind: 'written'; readonly value: string })
  | (TurnEvent & { readonly kind: 'ended'; readonly end: 'settled' | 'fenced' })
  | { readonly kind: 'killed'; readonly instance: string; readonly at: number }
  | {
      readonly kind: 'frozen';
      readonly instance: string;
      readonly at: number;
      readonly until: number;
    };

interface TurnEvent {
  readonly instance: string;
  readonly conversationId: string;
  readonly fence: number;
  /** The machine's monotonic clock in milliseconds, which all its processes share. */
  readonly at: number;
}

/** What the ledger holds at the end, read through its own reading half. */
export interface FinalState {
  readonly requests: readonly {
    readonly id: string;
    readonly conversationId: string;
    readonly arrival: number;
    readonly outcomeFence: number | undefined;
  }[];
  readonly outcomes: readonly { readonly conversationId: string; readonly fence: number }[];
  /** One of each is written by every settle of the turns under test. */
  readonly audit: readonly { readonly conversationId: string; readonly fence: number }[];
  readonly outbox: readonly { readonly conversationId: string; readonly fence: number }[];
  /** Numbers of the feed events, per conversation. */
  readonly feed: ReadonlyMap<string, readonly number[]>;
  /** What the platform holds. */
  readonly values: ReadonlyMap<string, string>;
}

/** What a turn that has seen so many arrivals wants the platform to hold. */
export const valueFor = (arrivals: number): string => `after ${arrivals} requests`;
