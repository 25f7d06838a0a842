import { createDeadline } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import { asFields, asText } from '../../domain/fields.ts';

/**
 * Most topics in one in-band message. The platform documents no number; this keeps a message
 * below 8 KB, so that no proxy on the way has a reason to refuse it.
 */
export const MAX_TOPICS_PER_MESSAGE = 50;

/** What became of an in-band command. `silent`: no answer in time, so nothing is known. */
export type InBandAnswer = 'subscribed' | 'refused' | 'channel-gone' | 'silent';

export interface InBandOptions {
  readonly clock: Clock;
  readonly answerMs: number;
  readonly send: (text: string) => void;
}

export interface InBand {
  subscribe(topics: readonly string[], signal: AbortSignal): Promise<InBandAnswer>;
  /** Takes a frame; true when it was the answer to a command of ours. */
  take(frame: unknown): boolean;
}

/** Commands on the channel's own socket. They cost no request, and are answered on the same socket. */
export function createInBand({ clock, answerMs, send }: InBandOptions): InBand {
  const waiting = new Map<string, (answer: InBandAnswer) => void>();
  let sent = 0;
  return {
    async subscribe(topics, signal) {
      sent += 1;
      const correlationId = `rapport-${sent}`;
      using deadline = createDeadline(clock, answerMs, signal);
      const answer = new Promise<InBandAnswer>((resolve) => {
        waiting.set(correlationId, resolve);
        deadline.signal.addEventListener('abort', () => resolve('silent'), { once: true });
        if (deadline.signal.aborted) resolve('silent');
      });
      send(JSON.stringify({ message: 'subscribe', topics, correlationId }));
      try {
        return await answer;
      } finally {
        waiting.delete(correlationId);
      }
    },
    take(frame) {
      const fields = asFields(frame);
      const result = fields?.['result'];
      if (typeof result !== 'string' && typeof result !== 'number') return false;
      const answer = answerOf(String(result));
      const correlationId = asText(fields?.['correlationId']);
      const resolve = correlationId === undefined ? undefined : waiting.get(correlationId);
      if (resolve !== undefined) resolve(answer);
      // An answer that names no command is about the channel, and so about all that wait.
      else for (const each of waiting.values()) each(answer);
      return true;
    },
  };
}

function answerOf(result: string): InBandAnswer {
  if (result === '200') return 'subscribed';
  return result === '404' ? 'channel-gone' : 'refused';
}
