export type OutboxState = 'waiting' | 'sending' | 'sent' | 'dead';

/** One message to somebody's webhook. Its id never changes, so a receiver can drop repeats. */
export interface OutboxMessage {
  readonly id: string;
  readonly destination: string;
  readonly conversationId: string;
  readonly type: string;
  /** What is sent: JSON text, unchanged since the turn that wrote it. */
  readonly body: string;
  readonly traceId: string | undefined;
  readonly state: OutboxState;
  /** Counts the sending that is under way. */
  readonly attempts: number;
  readonly nextAt: number;
  readonly lastStatus: string | undefined;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface OutboxBatch {
  readonly messages: readonly OutboxMessage[];
  /** Until the next message may be tried, in milliseconds; one behind another of its line does not count. */
  readonly nextInMs: number | undefined;
}

/** What became of one sending. `status` is a short word for people: `200`, `timeout`, `410 gone`. */
export type Sending =
  | { readonly kind: 'sent'; readonly status: string }
  | { readonly kind: 'retry'; readonly status: string; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly status: string };

export interface OutboxQuery {
  /** Only the message with this id. */
  readonly id?: string | undefined;
  readonly state?: OutboxState | undefined;
  readonly destination?: string | undefined;
  readonly conversationId?: string | undefined;
  /** The id of the last message of the page before. */
  readonly before?: string | undefined;
  /** At most this many, newest first. Default 100. */
  readonly limit?: number | undefined;
}

/** The delivery room's side of the ledger. */
export interface Outbox {
  /**
   * Takes messages that may be sent now, of one destination or of all: per destination and
   * conversation never more than one.
   */
  claim(max: number, destination?: string): Promise<OutboxBatch>;
  /** `lost` when another instance took the message over meanwhile. */
  settle(id: string, sending: Sending): Promise<'settled' | 'lost'>;
  /** Sends a dead or sent message again, from its first attempt. False when there is none such. */
  replay(id: string): Promise<boolean>;
  list(query?: OutboxQuery): Promise<readonly OutboxMessage[]>;
  /** Called when messages may be waiting. Returns how to stop. */
  onWaiting(listener: () => void): () => void;
}
