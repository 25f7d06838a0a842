import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { atRate } from '../../kit/rate.ts';
import { API_KEY } from '../contenders/contender.ts';

const AGAIN_MS = 50;
/** A client gives up on a service that is away for this long. */
const MOST_WAIT_MS = 30_000;

export interface Insistent {
  /** Conversations whose trigger was acknowledged, so far. */
  readonly acknowledged: ReadonlySet<string>;
  /** Attempts that came to nothing: the service was away, or died before it answered. */
  readonly failedAttempts: () => number;
  /** Resolves when each trigger was acknowledged or given up. */
  readonly done: Promise<void>;
}

/**
 * Triggers each conversation once at a steady rate, as a sender of webhooks does: what is not
 * acknowledged is sent again under the same idempotency key until it is.
 */
export function insist(
  url: string,
  conversationIds: readonly string[],
  perSecond: number,
): Insistent {
  const pool = new Pool(url, { connections: 64 });
  const acknowledged = new Set<string>();
  let failed = 0;
  const attempt = async (id: string): Promise<boolean> => {
    try {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: `/v1/conversations/${id}/enrich`,
        headers: {
          authorization: `Bearer ${API_KEY}`,
          'content-type': 'application/json',
          'idempotency-key': id,
        },
        body: '{}',
      });
      await body.dump();
      return statusCode === 202;
    } catch {
      // The service was killed; it comes back.
      return false;
    }
  };
  const send = async (id: string): Promise<void> => {
    const deadline = performance.now() + MOST_WAIT_MS;
    while (!(await attempt(id))) {
      failed += 1;
      if (performance.now() > deadline) return;
      await wait(AGAIN_MS);
    }
    acknowledged.add(id);
  };
  const done = atRate({ perSecond, count: conversationIds.length }, (index) =>
    send(conversationIds[index] ?? ''),
  ).then(() => pool.close());
  return { acknowledged, failedAttempts: () => failed, done };
}
