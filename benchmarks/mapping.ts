/**
 * CPU time of a turn's first half: resolve, identify, look up (from a cache), map four attributes,
 * check, validate, diff and report. Run it with `npm run bench`; goal: at most 60 µs a turn.
 */
import type { Conversation } from '../src/domain/conversation.ts';
import { parseTraceId } from '../src/domain/ids.ts';
import { parseConversation } from '../src/domain/parse-conversation.ts';
import {
  attributesOptions,
  customerOptions,
  DEFAULT_ATTRIBUTES,
  limitOptions,
} from '../src/enrich/options.ts';
import { loadToE164, type ToE164 } from '../src/enrich/customer/phone.ts';
import { enrich, type EnrichDeps } from '../src/enrich/pipeline.ts';
import { planEnrichment } from '../src/enrich/plan.ts';
import { systemClock } from '../src/lib/clock.ts';
import { createLookups } from '../src/lookup/lookups.ts';
import { sourcesSchema } from '../src/lookup/options.ts';

const GOAL_MICROSECONDS = 60;
const ROUNDS = 7;
/** Rounds that are not counted, until the compiler has seen enough. */
const WARM_UP_ROUNDS = 3;
const TURNS = 5000;

const record = {
  id: 'CUST-998877',
  membership_tier: 'platinum',
  last_call_date: '2023-10-01T12:00:00Z',
  preferences: { language: 'en', channels: ['sms', 'email'], marketing: false },
};

function conversationOf(phone: string): Conversation {
  const self = { addressNormalized: `tel:${phone}` };
  return parseConversation({
    id: 'c1',
    participants: [
      {
        id: 'p1',
        purpose: 'customer',
        attributes: {},
        calls: [{ id: 'l1', state: 'connected', direction: 'inbound', self }],
      },
      { id: 'p2', purpose: 'acd', calls: [{ id: 'l2', state: 'connected', direction: 'inbound' }] },
    ],
  });
}

async function measure(deps: EnrichDeps, conversations: readonly Conversation[]): Promise<number> {
  const traceId = parseTraceId('bench');
  const { signal } = new AbortController();
  const before = process.cpuUsage();
  for (let turn = 0; turn < TURNS; turn++) {
    const conversation = conversations[turn % conversations.length];
    if (conversation === undefined) throw new Error('no conversation to enrich');
    const { patch } = await enrich({ conversation, request: {}, traceId, signal }, deps);
    if (patch.size !== 4) throw new Error(`expected 4 changed keys, got ${patch.size}`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TURNS;
}

const phones = Array.from({ length: 20 }, (_, i) => `+1555123${String(i).padStart(4, '0')}`);
const values = Object.fromEntries(phones.map((phone) => [phone, record]));
const cache = { freshMs: 3_600_000, staleMs: 0, notFoundMs: 0 };
await using lookups = createLookups(
  sourcesSchema.parse({ crm: { type: 'static', values, cache } }),
  {
    clock: systemClock,
    random: Math.random,
  },
);
const plan = planEnrichment({
  customer: customerOptions.parse({}),
  sources: lookups.sources,
  attributes: attributesOptions.parse(DEFAULT_ATTRIBUTES),
  limits: limitOptions.parse({}),
});
if ('problems' in plan) throw new Error(JSON.stringify(plan.problems));

let phoneReader: Promise<ToE164> | undefined;
const deps: EnrichDeps = {
  plan,
  clock: systemClock,
  lookup: (request) => lookups.lookup(request),
  loadPhones: () => (phoneReader ??= loadToE164()),
};
const conversations = phones.map(conversationOf);
for (let round = 0; round < WARM_UP_ROUNDS; round++) await measure(deps, conversations);
const rounds: number[] = [];
for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(deps, conversations));
const median = rounds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
console.log(
  `turn, first half, 4 attributes, cached source: ${median.toFixed(1)} µs CPU (median of ${ROUNDS} × ${TURNS}); goal ${GOAL_MICROSECONDS} µs`,
);
console.log(`  rounds: ${rounds.map((value) => value.toFixed(1)).join(' ')}`);
process.exitCode = median <= GOAL_MICROSECONDS ? 0 : 1;
