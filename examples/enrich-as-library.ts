/**
 * An enrichment inside a program of your own: look before anything is written, write, and hear that
 * it is visible.
 *
 *     node -C rapport-source examples/enrich-as-library.ts
 */
import { configSchema, openRapport, renderReport } from 'rapport-cx';
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

await using rapport = openRapport({ config });

console.log(renderReport(await rapport.inspect(call.conversationId)));

const { result, keys, platformRequests } = await rapport.enrich(call.conversationId);
console.log(`${result} with ${platformRequests} requests to the platform`);
for (const { key, state, provedAfterMs } of keys) {
  console.log(`${key} is ${state}, proved ${provedAfterMs} ms after it was sent`);
}

const removed = await rapport.set(call.conversationId, { 'crm.spent': null });
console.log('crm.spent is removed:', removed.keys[0]?.state);
