import type { AttributeClass } from './attributes.ts';
import type { ConversationId, EnrichmentId, ParticipantId, TraceId } from './ids.ts';

/** What became of one turn. */
export type OutcomeResult = 'enriched' | 'unchanged' | 'not-found' | 'failed' | 'skipped';

/** The state of one key on one participant, as `docs/guides/how-proof-works.md` tells it. */
export type AttributeState =
  | 'planned'
  | 'sent'
  | 'in-doubt'
  | 'accepted'
  | 'applied'
  | 'visible'
  | 'ignored'
  | 'unverified'
  | 'overwritten'
  | 'yielded'
  | 'refused'
  | 'wrong-participant'
  | 'superseded'
  | 'failed'
  | 'ended'
  | 'wiping'
  | 'wiped'
  | 'wipe-failed'
  | 'closed';

/** States in which it is not known yet what became of the latest write. */
export const OPEN_STATES: ReadonlySet<AttributeState> = new Set([
  'planned',
  'sent',
  'in-doubt',
  'accepted',
  'wiping',
]);

/** States in which nothing of ours stands there, and none is on its way. */
export const LOST_STATES: ReadonlySet<AttributeState> = new Set([
  'refused',
  'failed',
  'wrong-participant',
  'ignored',
]);

/** States in which what stands there is not as it should be, and nothing more is done about it. */
export const GIVEN_UP_STATES: ReadonlySet<AttributeState> = new Set([
  ...LOST_STATES,
  'wipe-failed',
]);

export interface KeyVerdict {
  readonly participantId: ParticipantId;
  readonly key: string;
  readonly state: AttributeState;
  readonly class: AttributeClass;
  /** What to do about it, when the state is not a good one. */
  readonly advice?: string | undefined;
  /** From the moment the write was sent to the evidence that proved it, in milliseconds. */
  readonly provedAfterMs?: number | undefined;
}

export interface SourceVerdict {
  readonly source: string;
  readonly answer: 'found' | 'not-found' | 'failed' | 'skipped';
  readonly from: 'source' | 'fresh-cache' | 'stale-cache' | 'none';
  /** What kind of key it was asked by, such as `phone`; absent for one that asks by conversation. */
  readonly keyKind?: string | undefined;
  readonly durationMs: number;
  /** Age of a cached value in milliseconds. */
  readonly ageMs?: number | undefined;
  readonly reason?: string | undefined;
}

/** What a turn leaves behind for people and machines; kept with the ledger's outcome row. */
export interface OutcomeSummary {
  readonly conversationId: ConversationId;
  readonly enrichmentIds: readonly EnrichmentId[];
  readonly traceId: TraceId;
  readonly result: OutcomeResult;
  /** Why it failed or was skipped: an error code or a word such as `ended` or `no-customer`. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly participantId?: ParticipantId | undefined;
  /** The resolver's rule that chose the participant. */
  readonly participantRule?: string | undefined;
  readonly sources: readonly SourceVerdict[];
  readonly keys: readonly KeyVerdict[];
  /** Keys that were not written, with the reason. */
  readonly dropped: readonly { readonly key: string; readonly reason: string }[];
  /** Requests to the platform, without proof reads. */
  readonly platformRequests: number;
  readonly proofRequests: number;
  /** SHA-256 of the patch in RFC 8785 form, hex; absent when nothing was to be written. */
  readonly payloadHash?: string | undefined;
  /** Duration of each stage in milliseconds. */
  readonly stages: Readonly<Record<string, number>>;
  /**
   * The report of the first half of the turn, every value masked: what `rapport inspect` shows, as
   * JSON data. Absent where nothing was looked into.
   */
  readonly report?: Readonly<Record<string, unknown>> | undefined;
}

/** What an outcome says of work that was not begun; who asked and what came of it is left to say. */
export const NO_WORK: Pick<
  OutcomeSummary,
  'sources' | 'keys' | 'dropped' | 'platformRequests' | 'proofRequests' | 'stages'
> = { sources: [], keys: [], dropped: [], platformRequests: 0, proofRequests: 0, stages: {} };
