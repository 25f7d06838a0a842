/** What was told of one key: the feed's event, and the turn that brought it. */
export interface Told {
  /** When it was told, and when the turn began that it comes from, by the platform's clock. */
  readonly at: number;
  readonly from: number;
  readonly participantId: string;
  readonly key: string;
  readonly state: string;
}

export interface Turn {
  readonly from: number;
  to: number | undefined;
  /** Its process died, and nothing of it was recorded. */
  isKilled: boolean;
}
