import type { ConversationId, TraceId } from '../domain/ids.ts';

/** What a source is given to ask with. */
export interface SourceQuery {
  /** The customer's key; may be absent for a source that asks by conversation only. */
  readonly key?: string | undefined;
  /** What the key is: `phone`, `email`, `externalId`, `attribute:crm.customerId`, … */
  readonly keyKind?: string | undefined;
  readonly conversationId: ConversationId;
  readonly traceId: TraceId;
}

/** Which parts of the query an answer depends on; the cache and the flights are keyed by these. */
export interface SourceUses {
  readonly key: boolean;
  readonly keyKind: boolean;
  readonly conversationId: boolean;
}

export type SourceAnswer =
  | {
      readonly found: true;
      readonly value: unknown;
      /** About how much memory the value takes; bounds the cache. */
      readonly bytes: number;
      /** Set when the source itself had only an old copy left, with why. */
      readonly outdated?: { readonly ageMs: number; readonly cause: unknown } | undefined;
    }
  | { readonly found: false };

export const NOT_FOUND: SourceAnswer = { found: false };

/**
 * One place where customers are looked up. It knows how to ask once; time-out, retry, breaker,
 * bulkhead, single flight and cache are put around it.
 */
export interface Source extends AsyncDisposable {
  readonly uses: SourceUses;
  /** Whether asking twice is harmless. */
  readonly repeatable: boolean;
  /**
   * Asks once. Stops as soon as the signal aborts.
   * @throws {LookupError}
   */
  read(query: SourceQuery, signal: AbortSignal): Promise<SourceAnswer>;
}
