/**
 * Writes two attributes to the customer of a live conversation with the platform client, and reads
 * until they show: a 202 says only that the platform took them.
 *
 *     node -C rapport-source examples/write-attributes.ts
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  createGenesysClient,
  genesysOptionsSchema,
  parseConversationId,
  resolveCustomer,
} from 'rapport-cx';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, startEmulator } from 'rapport-cx/emulator';

await using emulator = await startEmulator();
const call = emulator.control.start({ queue: 'Support', from: '+12125550101' });

// For an organization of yours: region: 'mypurecloud.de' in the place of apiUrl.
await using genesys = createGenesysClient({
  config: genesysOptionsSchema.parse({
    apiUrl: emulator.apiUrl,
    auth: {
      type: 'client-credentials',
      clientId: DEFAULT_CLIENT_ID,
      clientSecret: DEFAULT_CLIENT_SECRET,
    },
  }),
});

const conversationId = parseConversationId(call.conversationId);
const customer = resolveCustomer(await genesys.conversations.get(conversationId));
if (customer.kind === 'none') throw new Error(customer.reason);
console.log(`the customer, by rule ${customer.rule}: ${customer.reason}`);

const wanted = new Map([
  ['crm.customerId', 'C-1001'],
  ['crm.tier', 'gold'],
]);
const participantId = customer.participant.id;
await genesys.attributes.patch({ conversationId, participantId }, wanted);
console.log('accepted by the platform');

const signal = AbortSignal.timeout(5_000);
for (;;) {
  const { participants } = await genesys.conversations.get(conversationId, { signal });
  const held = participants.find(({ id }) => id === participantId)?.attributes;
  if ([...wanted].every(([key, value]) => held?.get(key) === value)) break;
  await delay(50, undefined, { signal });
}
console.log('visible on the customer’s participant');
