import { joinSignals } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import { WireError, type Wire, type WireAnswer } from '../transport/wire.ts';
import { toNoAnswerError } from './no-answer-error.ts';
import type { PlatformAnswer, PlatformRequest } from './platform-request.ts';
import { readAnswer } from './read-answer.ts';

export interface ForeignRequesterOptions {
  readonly apiUrl: string;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
}

/** A request that reads, and needs nothing but its path. */
export type ForeignRequest = Pick<PlatformRequest, 'operation' | 'path'>;

/**
 * Asks the platform with somebody else's token. The rate is counted by token, so nothing of our own
 * budget goes to it; and since theirs is not known, nothing is repeated.
 */
export interface ForeignRequester {
  /** @throws {PlatformError} with a status, or without one when no answer came */
  get(asked: ForeignRequest, token: string, signal: AbortSignal): Promise<PlatformAnswer>;
}

export function createForeignRequester(options: ForeignRequesterOptions): ForeignRequester {
  const { apiUrl, wire, clock, userAgent, closing } = options;
  return {
    async get(asked, token, signal) {
      const request: PlatformRequest = { ...asked, method: 'GET' };
      using joined = joinSignals(signal, closing);
      let answer: WireAnswer;
      try {
        answer = await wire({
          method: 'GET',
          url: new URL(`${apiUrl}${asked.path}`),
          headers: {
            accept: 'application/json',
            authorization: `Bearer ${token}`,
            'user-agent': userAgent,
          },
          signal: joined.signal,
        });
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        throw toNoAnswerError({ request, error, apiUrl, isRepeatable: true });
      }
      const { outcome } = readAnswer(request, answer, {
        isRepeatable: true,
        nowWallMs: clock.wallMs(),
      });
      if ('error' in outcome) throw outcome.error;
      return outcome.answer;
    },
  };
}
