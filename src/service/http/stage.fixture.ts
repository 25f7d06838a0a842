import type { FastifyInstance } from 'fastify';
import { createKey, createKeyRing, type KeyRing } from '../../access/keys.ts';
import { SCOPES, type Principal, type Scope } from '../../access/principal.ts';
import { createTickets } from '../../access/tickets.ts';
import { parseEnrichmentId, parseTraceId } from '../../domain/ids.ts';
import { createFeed } from '../../feed/create-feed.ts';
import { MemoryFeedSource } from '../../feed/source.fixture.ts';
import type { Erased } from '../../ledger/erase/erase.ts';
import type { LedgerStats } from '../../ledger/reading/records.ts';
import type { Clock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { HttpRooms, Order, Receipt } from './rooms.ts';
import { createApp, startHttpServer, type HttpLimits, type HttpServer } from './server.ts';

export const receipt: Receipt = {
  enrichmentId: parseEnrichmentId('e1'),
  traceId: parseTraceId('t1'),
  duplicate: false,
};

const STATS: LedgerStats = {
  phases: { idle: 0, due: 0, leased: 0, dead: 0, closed: 0 },
  depth: 0,
  oldestDueMs: 0,
  lanes: {
    manual: { depth: 0, oldestMs: 0 },
    live: { depth: 0, oldestMs: 0 },
    verify: { depth: 0, oldestMs: 0 },
    backfill: { depth: 0, oldestMs: 0 },
  },
  destinations: {},
  openRequests: 0,
  outbox: { waiting: 0, sending: 0, sent: 0, dead: 0 },
  outcomes: { enriched: 3, failed: 1 },
  requestMs: { p50: undefined, p95: undefined, p99: undefined, samples: 0 },
};

const ERASED: Erased = {
  conversations: 0,
  linked: 0,
  busy: 0,
  keys: 1,
  requests: 0,
  messages: 0,
  feedEvents: 0,
  entries: 0,
  auditRows: 0,
  remembered: 0,
  instances: 0,
};

export interface Stage {
  readonly clock: ManualClock;
  readonly source: MemoryFeedSource;
  readonly rooms: HttpRooms;
  readonly orders: Order[];
  /** A header that may do these things. */
  readonly as: (...scopes: Scope[]) => { readonly authorization: string };
}

/** As the ledger does it for all instances. */
function takesOnce(): (id: string) => Promise<boolean> {
  const taken = new Set<string>();
  return async (id) => taken.size < taken.add(id).size;
}

/** A key for each scope, and one for all of them. */
function createKeys(clock: Clock): Pick<Stage, 'as'> & { readonly ring: KeyRing } {
  const made = new Map(SCOPES.map((scope) => [scope, createKey({ name: scope, scopes: [scope] })]));
  const all = createKey({ name: 'all', scopes: SCOPES });
  const records = [...[...made.values()].map(({ record }) => record), all.record];
  return {
    ring: createKeyRing({ records, clock }),
    as(...scopes) {
      const only = scopes.length === 1 && scopes[0] !== undefined ? made.get(scopes[0]) : all;
      return { authorization: `Bearer ${only?.key ?? ''}` };
    },
  };
}

/** Rooms that answer at once; what they are asked is recorded. */
export function createStage(more: Partial<HttpRooms> = {}): Stage {
  const clock = new ManualClock(0);
  const source = new MemoryFeedSource(() => clock.wallMs());
  const orders: Order[] = [];
  const { ring, as } = createKeys(clock);
  const rooms: HttpRooms = {
    clock,
    newId: () => 'r',
    ledgerId: 'of-the-stage',
    identify: (authorization) => ring.identify(authorization),
    identifyAgent: async () => undefined,
    knowsAgent: () => false,
    stillMay: () => true,
    assertSees: async () => undefined,
    ask: async (order) => {
      orders.push(order);
      return receipt;
    },
    waitFor: async () => undefined,
    takeEvent: async () => ({ accepted: 1, observed: 0 }),
    lookup: async () => ({
      status: 'found',
      attributes: { 'crm.tier': 'gold' },
      traceId: receipt.traceId,
    }),
    readConversation: async (id) => (id === 'known' ? { id } : undefined),
    readContext: async (conversationId) =>
      conversationId === 'known' ? { conversationId, attributes: [], withheld: [] } : undefined,
    ledger: {
      conversations: async () => [],
      stats: async () => STATS,
      audit: { list: async () => [] },
      outbox: { list: async () => [] },
    },
    replayConversation: async (conversationId) =>
      conversationId === 'known'
        ? { id: receipt.enrichmentId, conversationId, duplicate: false, skipped: undefined }
        : undefined,
    replayDelivery: async (id) => id === 'dead',
    erase: async () => ERASED,
    feed: createFeed({ source, clock, log: silentLog, epoch: 'e' }),
    tickets: createTickets({
      clock,
      secret: Buffer.alloc(32, 1),
      takeOnce: takesOnce(),
      recall: (bearer) => ('key' in bearer ? ring.named(bearer.key) : undefined),
    }),
    stats: () => ({}),
    onAnswered: () => undefined,
    reload: async () => ({ applied: ['access'], needsRestart: [] }),
    metrics: async () => ({ text: 'x 1\n', mediaType: 'text/plain' }),
    unreadiness: () => [],
    ...more,
  };
  return { clock, source, rooms, orders, as };
}

export const anAgent = (userId: string): Principal => ({
  kind: 'user',
  userId,
  believedUntil: Infinity,
});

export const startOn = ({ rooms }: Stage, limits?: Partial<HttpLimits>): Promise<HttpServer> =>
  startHttpServer({ host: '127.0.0.1', port: 0, rooms, log: silentLog, limits });

export const appOf = ({ rooms }: Stage): FastifyInstance => createApp({ rooms, log: silentLog });
