import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { SSE_PREAMBLE, toServerSentEvent } from '../../feed/sse.ts';
import type { Subscription } from '../../feed/subscription.ts';
import type { Clock } from '../../lib/clock.ts';

/** How long a reader may take nothing while something is to be read, in milliseconds. */
const STALL_MS = 60_000;

export interface StreamTerms {
  readonly clock: Clock;
  /** Asked before each item, heartbeats included: who opened the stream may since have lost their key. */
  readonly mayGoOn: () => boolean;
}

/**
 * Sends a subscription as server-sent events until either side ends it. Nothing is read from the
 * subscription before the socket has taken what came before; a reader that stalls is cut off, and
 * comes back with its `Last-Event-ID`.
 */
export async function sendStream(
  reply: FastifyReply,
  subscription: Subscription,
  { clock, mayGoOn }: StreamTerms,
): Promise<void> {
  void reply.hijack();
  const { raw } = reply;
  raw.once('close', () => subscription.end());
  // A reset is followed by `close`, which is all that has to be done.
  raw.on('error', () => undefined);
  raw.writeHead(200, {
    // Those that hooks have set: for caches, and for pages of other origins.
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': 'text/event-stream; charset=utf-8',
    // Proxies would otherwise hold events back until a buffer is full.
    'x-accel-buffering': 'no',
  });
  let isTaken = raw.write(SSE_PREAMBLE);
  for await (const item of subscription) {
    if (!isTaken) await whenTaken(raw, clock);
    if (raw.destroyed || !mayGoOn()) break;
    isTaken = raw.write(toServerSentEvent(item));
  }
  raw.end();
}

function whenTaken(raw: ServerResponse, clock: Clock): Promise<void> {
  if (!raw.writableNeedDrain || raw.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      raw.off('drain', done);
      raw.off('close', done);
      resolve();
    };
    const timer = clock.timer(STALL_MS, () => raw.destroy());
    raw.once('drain', done);
    raw.once('close', done);
  });
}
