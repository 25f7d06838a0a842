import {
  dropConversation,
  dropConversationEntries,
  dropConversationPersons,
  oldConversations,
  SLICE_ROWS,
  sweepFeed,
  sweepOutbox,
  sweepOutcomes,
  sweepRequests,
} from './statements.ts';
import { forgetErasures } from '../erase/statements.ts';
import { forgetInstances } from '../instances/liveness.ts';
import { dropSealed, moveAnchor, sealedAfter } from '../audit/sealing.ts';
import type { RetentionOptions } from '../options.ts';
import type { Link, SqlAudit } from '../audit/sql-audit.ts';
import { numberOf, textOf, toJson } from '../sql/codec.ts';
import { guarded, type Statement } from '../sql/statement.ts';
import type { Store } from '../sql/store.ts';

export interface Swept {
  readonly feed: number;
  readonly requests: number;
  readonly outcomes: number;
  readonly outbox: number;
  readonly conversations: number;
  readonly audit: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Removes what is older than its time, slice by slice until nothing is or the signal aborts. */
export async function sweep(
  parts: { readonly store: Store; readonly audit: SqlAudit },
  options: RetentionOptions,
  signal: AbortSignal,
): Promise<Swept> {
  const { store, audit } = parts;
  const slices = (statement: Statement): Promise<number> => sliceUp(store, statement, signal);
  const closed = { phases: ['closed', 'idle'], ageMs: options.closedDays * DAY_MS };
  await store.run([forgetInstances({}), forgetErasures({})]);
  const dead = { phases: ['dead'], ageMs: options.deadDays * DAY_MS };
  return {
    feed: await slices(sweepFeed({ ageMs: options.feedHours * HOUR_MS })),
    requests: await slices(sweepRequests({ ageMs: options.requestDays * DAY_MS })),
    outcomes: await slices(sweepOutcomes({ ageMs: options.requestDays * DAY_MS })),
    outbox:
      (await slices(sweepOutbox({ state: 'sent', ageMs: options.sentDays * DAY_MS }))) +
      (await slices(sweepOutbox({ state: 'dead', ageMs: options.deadDays * DAY_MS }))),
    conversations:
      (await sweepConversations(store, closed, signal)) +
      (await sweepConversations(store, dead, signal)),
    audit: await sweepAudit(store, audit, { ageMs: options.auditDays * DAY_MS, signal }),
  };
}

async function sliceUp(store: Store, statement: Statement, signal: AbortSignal): Promise<number> {
  let total = 0;
  while (!signal.aborted) {
    const result = await store.run([statement]);
    const removed = result === 'refused' ? 0 : (result[0]?.length ?? 0);
    total += removed;
    if (removed < SLICE_ROWS) break;
  }
  return total;
}

async function sweepConversations(
  store: Store,
  what: { readonly phases: readonly string[]; readonly ageMs: number },
  signal: AbortSignal,
): Promise<number> {
  const { ageMs } = what;
  let total = 0;
  for (const phase of what.phases) {
    while (!signal.aborted) {
      const rows = await store.read(oldConversations({ phase, ageMs }));
      const results = await Promise.all(
        rows.map((row) => {
          const id = textOf(row, 'id');
          return store.run([
            guarded(dropConversation({ id, phase, ageMs })),
            dropConversationEntries({ id }),
            dropConversationPersons({ id }),
          ]);
        }),
      );
      const removed = results.filter((result) => result !== 'refused').length;
      total += removed;
      if (removed < SLICE_ROWS) break;
    }
  }
  return total;
}

/** The chain is cut at its old end only; the last link that goes is kept for the next to hold on to. */
async function sweepAudit(
  store: Store,
  audit: SqlAudit,
  what: { readonly ageMs: number; readonly signal: AbortSignal },
): Promise<number> {
  let anchor: Link = await audit.anchor();
  const start = anchor.seq;
  const limit = SLICE_ROWS;
  while (!what.signal.aborted) {
    const rows = await store.read(sealedAfter({ after: anchor.seq, limit }));
    const cutoff = store.now() - what.ageMs;
    const kept = rows.findIndex((row) => numberOf(row, 'at') >= cutoff);
    const old = kept < 0 ? rows : rows.slice(0, kept);
    const last = old.at(-1);
    if (last === undefined) break;
    anchor = { seq: numberOf(last, 'seq'), hash: textOf(last, 'hash') };
    await store.run([moveAnchor({ value: toJson(anchor) }), dropSealed({ upTo: anchor.seq })]);
  }
  return anchor.seq - start;
}
