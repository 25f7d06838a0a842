import { Pool } from 'undici';
import { now } from '../../kit/instant.ts';
import { atRate } from '../../kit/rate.ts';
import { API_KEY } from '../contenders/contender.ts';

export interface Triggers {
  /** When each conversation's trigger left, by the machine's monotonic clock. */
  readonly sentAt: ReadonlyMap<string, number>;
  /** How long after it was due each left, in milliseconds: the sender's own lateness. */
  readonly lateMs: readonly number[];
  /** From its leaving to its acknowledgement. */
  readonly acknowledgedMs: readonly number[];
  /** Triggers that were answered with anything but 202. */
  readonly refused: number;
}

/** Triggers each conversation once, with nothing but its id, at a rate that waits for no answer. */
export async function triggerAll(
  url: string,
  conversationIds: readonly string[],
  perSecond: number,
): Promise<Triggers> {
  const pool = new Pool(url, { connections: 64 });
  const sentAt = new Map<string, number>();
  const lateMs: number[] = [];
  const acknowledgedMs: number[] = [];
  let refused = 0;
  await atRate({ perSecond, count: conversationIds.length }, async (index, dueAt) => {
    const id = conversationIds[index] ?? '';
    const at = now();
    sentAt.set(id, at);
    lateMs.push(at - dueAt);
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: `/v1/conversations/${id}/enrich`,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: '{}',
    });
    await body.dump();
    acknowledgedMs.push(now() - at);
    if (statusCode !== 202) refused += 1;
  });
  await pool.close();
  return { sentAt, lateMs, acknowledgedMs, refused };
}
