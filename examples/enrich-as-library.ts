/**
 * The first half of an enrichment inside a program of your own: who is the customer, what is known
 * about them, what should be written. Nothing is written; the report says why each key is as it is.
 *
 *     node -C rapport-source examples/enrich-as-library.ts
 */
import { randomUUID } from 'node:crypto';
import {
  configSchema,
  createGenesysClient,
  createLookups,
  enrich,
  loadToE164,
  parseConversationId,
  parseTraceId,
  planConfig,
  renderReport,
  systemClock,
} from 'rapport-cx';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, startEmulator } from 'rapport-cx/emulator';

await using emulator = await startEmulator();
const call = emulator.control.start({ queue: 'Support', from: '+12125550101' });

// The same as in rapport.yaml; loadConfig reads one.
const config = configSchema.parse({
  genesys: {
    apiUrl: emulator.apiUrl,
    auth: {
      type: 'client-credentials',
      clientId: DEFAULT_CLIENT_ID,
      clientSecret: DEFAULT_CLIENT_SECRET,
    },
  },
  sources: {
    crm: {
      type: 'static',
      values: { '+12125550101': { id: 'C-1001', orders: [{ total: 40 }, { total: 2.5 }] } },
    },
  },
  attributes: {
    'crm.customerId': { from: 'crm.id' },
    'crm.tier': { from: 'crm.tier', default: 'standard' },
    'crm.spent': { from: '$sum(crm.orders.total)', type: 'decimal' },
  },
});

await using genesys = createGenesysClient({ config: config.genesys });
await using lookups = createLookups(config.sources, { clock: systemClock, random: Math.random });
const plan = planConfig(config);

const signal = AbortSignal.timeout(10_000);
const conversation = await genesys.conversations.get(parseConversationId(call.conversationId));
const { report, patch } = await enrich(
  { conversation, request: {}, traceId: parseTraceId(randomUUID()), signal },
  {
    plan,
    clock: systemClock,
    lookup: (request) => lookups.lookup(request),
    loadPhones: () => loadToE164(plan.defaultCountry),
  },
);
console.log(renderReport(report));
console.log('to write:', Object.fromEntries(patch));
