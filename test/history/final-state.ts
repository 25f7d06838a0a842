import type { LedgerReader } from '../../src/ledger/ledger.ts';
import type { FinalState } from './history.ts';

const EVERYTHING = { limit: 1_000_000 };

/** Reads everything that the checker looks at. */
export async function readFinalState(
  ledger: LedgerReader,
  values: ReadonlyMap<string, string>,
): Promise<FinalState> {
  const conversations = await ledger.conversations(EVERYTHING);
  const requests = [];
  const outcomes = [];
  const feed = new Map<string, number[]>();
  for (const { id } of conversations) {
    for (const row of await ledger.requests(id, EVERYTHING)) {
      const { arrival, outcome } = row;
      requests.push({ id: row.id, conversationId: id, arrival, outcomeFence: outcome?.fence });
    }
    outcomes.push(...(await ledger.outcomes(id, EVERYTHING)));
    const { events } = await ledger.feedAfter(id, 0, EVERYTHING);
    feed.set(
      id,
      events.map((event) => event.n),
    );
  }
  const audit = (await ledger.audit.list(EVERYTHING)).map((row) => ({
    conversationId: row.conversationId ?? '',
    fence: fenceIn(row.action),
  }));
  const outbox = (await ledger.outbox.list(EVERYTHING)).map((row) => ({
    conversationId: row.conversationId,
    fence: fenceIn(row.type),
  }));
  return { requests, outcomes, audit, outbox, feed, values };
}

const fenceIn = (word: string): number => Number(word.replace('fence ', ''));
