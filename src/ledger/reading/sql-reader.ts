import type { FeedPage } from '../../domain/feed.ts';
import type { ConversationId, EnrichmentId } from '../../domain/ids.ts';
import { spreadOf } from '../../lib/percentile.ts';
import type { LedgerReader } from '../ledger.ts';
import { backlogOf, outboxCountsOf } from './backlog.ts';
import { listMessages, messageOf } from '../outbox/statements.ts';
import { feedEventsOf } from '../sql/feed-row.ts';
import {
  conversationOf,
  countDue,
  countOpenRequests,
  countOutbox,
  countOutcomes,
  countPhases,
  countsOf,
  entriesOfConversation,
  feedAfter,
  listConversations,
  oldestFeed,
  oneConversation,
  oneRequest,
  outcomeOf,
  outcomesOfConversation,
  requestRecordOf,
  requestDurations,
  requestsOfConversation,
} from './statements.ts';
import type { Outbox, OutboxMessage, OutboxQuery } from '../outbox/outbox.ts';
import type {
  ConversationQuery,
  ConversationRecord,
  KnownConversation,
  LedgerStats,
  OutcomeRecord,
  Page,
  RequestRecord,
} from './records.ts';
import { SqlAudit } from '../audit/sql-audit.ts';
import { entryOf, maybeNumber, numberOf } from '../sql/codec.ts';
import { readInstallationKey } from '../sql/migrate.ts';
import type { SqlRow, Statement } from '../sql/statement.ts';
import type { Store, When } from '../sql/store.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_LIMIT = 100;
/** Before every row. */
const FIRST = { changedAt: Number.MAX_SAFE_INTEGER, id: '' };
/** Requests whose durations are looked at; percentiles of so many are good to a fraction of a per cent. */
const MAX_DURATIONS = 10_000;

/** The reading half of the ledger, over either store. */
export class SqlReader implements LedgerReader {
  protected readonly store: Store;
  readonly audit: SqlAudit;
  readonly outbox: Pick<Outbox, 'list'> = { list: (query) => this.listOutbox(query ?? {}) };

  constructor(store: Store) {
    this.store = store;
    this.audit = new SqlAudit(store);
  }

  readInstallationKey(): Promise<Uint8Array | undefined> {
    return readInstallationKey(this.store);
  }

  now(): number {
    return this.store.now();
  }

  async find(id: ConversationId, when: When = 'now'): Promise<KnownConversation | undefined> {
    const readingRow = this.store.read(oneConversation({ id }), when);
    // Entries that are newer than their row are told by it, older ones are not. One thread answers
    // in order; the connections of a pool do not.
    if (this.store.dialect.name === 'postgres') await readingRow;
    const readingEntries = this.store.read(entriesOfConversation({ id }), when);
    const [[row], entries] = await Promise.all([readingRow, readingEntries]);
    return row && { ...conversationOf(row), entries: entries.map(entryOf) };
  }

  async conversations(query: ConversationQuery = {}): Promise<readonly ConversationRecord[]> {
    const { phase = null, before = FIRST, limit = DEFAULT_LIMIT } = query;
    const { changedAt, id } = before;
    const rows = await this.store.read(listConversations({ phase, changedAt, id, limit }));
    return rows.map(conversationOf);
  }

  async requests(id: ConversationId, page: Page = {}): Promise<readonly RequestRecord[]> {
    const { limit = DEFAULT_LIMIT } = page;
    const latestFirst = await this.store.read(requestsOfConversation({ id, limit }));
    return latestFirst.toReversed().map(requestRecordOf);
  }

  async request(id: EnrichmentId): Promise<RequestRecord | undefined> {
    return (await this.store.read(oneRequest({ id }))).map(requestRecordOf)[0];
  }

  async outcomes(id: ConversationId, page: Page = {}): Promise<readonly OutcomeRecord[]> {
    const { limit = DEFAULT_LIMIT } = page;
    const latestFirst = await this.store.read(outcomesOfConversation({ id, limit }));
    return latestFirst.toReversed().map(outcomeOf);
  }

  async feedAfter(id: ConversationId, after: number, page: Page = {}): Promise<FeedPage> {
    const { limit = DEFAULT_LIMIT } = page;
    const [rows, oldest] = await Promise.all([
      this.store.read(feedAfter({ id, after, limit })),
      this.store.read(oldestFeed({ id })),
    ]);
    const events = rows.flatMap(feedEventsOf).filter(({ n }) => n > after);
    return { events: events.slice(0, limit), oldest: oldest.flatMap(feedEventsOf)[0]?.n };
  }

  async depth(): Promise<number> {
    return (await this.#row(countDue({}), 'depth')) ?? 0;
  }

  async stats(sinceMs: number = HOUR_MS): Promise<LedgerStats> {
    const [due, phases, open, outbox, outcomes, durations] = await Promise.all([
      this.store.read(countDue({})),
      this.store.read(countPhases({})),
      this.#row(countOpenRequests({}), 'total'),
      this.store.read(countOutbox({})),
      this.store.read(countOutcomes({ sinceMs: Math.round(sinceMs) })),
      this.store.read(requestDurations({ sinceMs: Math.round(sinceMs), limit: MAX_DURATIONS })),
    ]);
    const took = durations.map((row) => Math.max(0, numberOf(row, 'took')));
    return {
      requestMs: { ...spreadOf(took), samples: took.length },
      phases: countsOf(phases, ['idle', 'due', 'leased', 'dead', 'closed']),
      ...backlogOf(due),
      openRequests: open ?? 0,
      ...outboxCountsOf(outbox),
      outcomes: countsOf(outcomes, []),
    };
  }

  protected async listOutbox(query: OutboxQuery): Promise<readonly OutboxMessage[]> {
    const { id = null, state = null, destination = null } = query;
    const { conversationId = null, before = null } = query;
    const limit = query.limit ?? DEFAULT_LIMIT;
    const rows = await this.store.read(
      listMessages({ id, state, destination, conversationId, before, limit }),
    );
    return rows.map(messageOf);
  }

  async #row(statement: Statement, column: string): Promise<number | undefined> {
    const row: SqlRow | undefined = (await this.store.read(statement))[0];
    return row === undefined ? undefined : maybeNumber(row, column);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}
