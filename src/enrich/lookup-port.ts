import type { ConversationId, TraceId } from '../domain/ids.ts';

/** What one source is asked. */
export interface LookupRequest {
  readonly source: string;
  /** The customer's key; may be absent for a source that asks by conversation only. */
  readonly key?: string | undefined;
  readonly keyKind?: string | undefined;
  readonly conversationId: ConversationId;
  readonly traceId: TraceId;
  readonly signal: AbortSignal;
}

export type LookupAnswer =
  | {
      readonly answer: 'found';
      readonly source: string;
      readonly durationMs: number;
      readonly value: unknown;
      readonly from: 'source' | 'fresh-cache' | 'stale-cache';
      readonly ageMs: number;
      /** Why the value is a stale one. */
      readonly failure?: LookupFailure | undefined;
    }
  | {
      readonly answer: 'not-found';
      readonly source: string;
      readonly durationMs: number;
      readonly from: 'source' | 'fresh-cache';
      readonly ageMs: number;
    }
  | {
      readonly answer: 'failed';
      readonly source: string;
      readonly durationMs: number;
      readonly failure: LookupFailure;
    };

export interface LookupFailure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** Asks one source. It rejects only with the signal's reason. */
export type Lookup = (request: LookupRequest) => Promise<LookupAnswer>;
