/**
 * What was seen from outside while Rapport worked: by its clients, by the platform, by its turns.
 * In the order in which it was seen; `at` is the machine's monotonic clock in milliseconds, which
 * all its processes share.
 */
export type HistoryEvent =
  | Acknowledged
  | Began
  | Sent
  | Ended
  | Written
  | Read
  | Told
  | Changed
  | { readonly kind: 'killed'; readonly instance: string; readonly at: number }
  | Frozen;

/** A client read the acknowledgement of its request. */
export interface Acknowledged {
  readonly kind: 'acknowledged';
  /** The id in the acknowledgement. */
  readonly answered: string;
  readonly conversationId: string;
  readonly dedupeKey: string;
  /** What was to be written, when the client said so itself. */
  readonly set?: { readonly key: string; readonly value: string } | undefined;
}

interface TurnEvent {
  readonly instance: string;
  readonly conversationId: string;
  readonly fence: number;
  readonly at: number;
}

/** A process was given the conversation. */
export interface Began extends TurnEvent {
  readonly kind: 'began';
}

/** A process put a write on the wire. */
export interface Sent extends TurnEvent {
  readonly kind: 'sent';
}

/** A process had its turn's end recorded, or was refused. */
export interface Ended extends TurnEvent {
  readonly kind: 'ended';
  readonly end: 'settled' | 'fenced';
  /** Whether it was to answer requests. */
  readonly answers: boolean;
}

/** The platform took a write. */
export interface Written {
  readonly kind: 'written';
  readonly instance: string;
  readonly conversationId: string;
  readonly participantId: string;
  readonly values: Readonly<Record<string, string>>;
  readonly at: number;
}

/** The platform was asked what it holds. */
export interface Read {
  readonly kind: 'read';
  readonly instance: string;
  readonly conversationId: string;
  /** By participant; undefined when the answer was an error. */
  readonly shown: ReadonlyMap<string, Readonly<Record<string, string>>> | undefined;
  readonly at: number;
}

/** The platform told whoever listens what it holds. */
export interface Told {
  readonly kind: 'told';
  readonly conversationId: string;
  readonly shown: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly at: number;
}

/** Somebody else than Rapport put values there. */
export interface Changed {
  readonly kind: 'changed';
  readonly conversationId: string;
  readonly participantId: string;
  readonly values: Readonly<Record<string, string>>;
  readonly at: number;
}

/** A process stood still for a while, and went on as if nothing had been. */
export interface Frozen {
  readonly kind: 'frozen';
  readonly instance: string;
  readonly at: number;
  readonly until: number;
}

/** The events of one kind. */
export function of<Kind extends HistoryEvent['kind']>(
  history: readonly HistoryEvent[],
  kind: Kind,
): Extract<HistoryEvent, { kind: Kind }>[] {
  return history.filter(
    (event): event is Extract<HistoryEvent, { kind: Kind }> => event.kind === kind,
  );
}

/** Processes that a signal stopped for a while: of what they do on waking, only the guard can know. */
export function frozenOf(history: readonly HistoryEvent[]): ReadonlySet<string> {
  return new Set(of(history, 'frozen').map((event) => event.instance));
}
