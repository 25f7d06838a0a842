/** What the process that hosts the world is asked, and what it answers. */
export interface WorldOrder {
  /** How many calls are live, each from another number. */
  readonly conversations: number;
  /** How long the platform takes to answer any request, in milliseconds. */
  readonly platformMs: number;
  readonly crmMs: number;
}

export interface World {
  readonly apiUrl: string;
  readonly port: number;
  /** With `{key}` where the caller's number goes. */
  readonly crmUrl: string;
  readonly conversationIds: readonly string[];
}

/** What was seen of one conversation; instants by the machine's monotonic clock, in milliseconds. */
export interface Sighting {
  readonly conversationId: string;
  /** From its first read to the answer of it. */
  readonly readMs: number | undefined;
  /** From the first lookup of its caller to the answer of it. */
  readonly lookupMs: number | undefined;
  /** When its first write arrived. */
  readonly writtenAt: number | undefined;
  readonly writes: number;
  /** Reads before the first write. */
  readonly reads: number;
  /** Reads after it: they can only be for proof. */
  readonly proofReads: number;
}

export interface Sightings {
  readonly conversations: readonly Sighting[];
  /** Requests to the platform that are about no conversation of these, sign-in included. */
  readonly otherRequests: number;
}

export type WorldQuestions = {
  readonly start: (order: WorldOrder) => Promise<World>;
  readonly sightings: (nothing: undefined) => Sightings;
  /** How long the platform has not been asked anything, in milliseconds. */
  readonly quietForMs: (nothing: undefined) => number;
};
