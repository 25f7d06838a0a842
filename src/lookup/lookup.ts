import type { SourceVerdict } from '../domain/outcome.ts';
import type { LookupError } from './errors.ts';
import type { SourceQuery } from './source.ts';

/** A question to one source: who the customer is, and for which conversation. */
export interface LookupQuery extends SourceQuery {
  /** Name of the source in the configuration. */
  readonly source: string;
}

export interface LookupRequest extends LookupQuery {
  readonly signal: AbortSignal;
  /** When it aborts, the source counts as failed for this caller: a stale value is given, if there is one. */
  readonly patience?: AbortSignal | undefined;
}

/**
 * What became of a lookup. Found, not found and failed are three answers: a customer whom the
 * source does not know may be given defaults, one whom it could not be asked about may not.
 */
export type LookupAnswer = FoundAnswer | NotFoundAnswer | FailedAnswer;

interface Answered {
  readonly source: string;
  /** How long the caller waited, in milliseconds. */
  readonly durationMs: number;
}

export interface FoundAnswer extends Answered {
  readonly answer: 'found';
  /** JSON data, shared with other callers of the same key: read it, never change it. */
  readonly value: unknown;
  readonly from: 'source' | 'fresh-cache' | 'stale-cache';
  /** How long ago the source gave this value, in milliseconds; 0 when it gave it just now. */
  readonly ageMs: number;
  /** Why the value is a stale one. */
  readonly failure?: LookupFailure | undefined;
}

export interface NotFoundAnswer extends Answered {
  readonly answer: 'not-found';
  readonly from: 'source' | 'fresh-cache';
  readonly ageMs: number;
}

export interface FailedAnswer extends Answered {
  readonly answer: 'failed';
  readonly failure: LookupFailure;
}

/** A failed lookup in words and codes; holds no key and no value. */
export interface LookupFailure {
  readonly code: LookupError['code'];
  readonly message: string;
  readonly retryable: boolean;
  readonly nextStep: string | undefined;
  /** How long the source asked to be left alone, in milliseconds, when it said so. */
  readonly retryAfterMs?: number | undefined;
}

/** The part of an answer that an outcome keeps. */
export function toSourceVerdict(answer: LookupAnswer): SourceVerdict {
  const { source, durationMs } = answer;
  switch (answer.answer) {
    case 'found': {
      const { from, ageMs, failure } = answer;
      return { source, answer: 'found', from, durationMs, ageMs, reason: failure?.code };
    }
    case 'not-found':
      return { source, answer: 'not-found', from: answer.from, durationMs, ageMs: answer.ageMs };
    case 'failed':
      return { source, answer: 'failed', from: 'none', durationMs, reason: answer.failure.code };
  }
}
