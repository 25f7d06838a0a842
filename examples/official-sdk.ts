/**
 * The official SDK against the emulator: `setGateway` is all that changes.
 *
 *     node -C rapport-source examples/official-sdk.ts
 */
import platform from 'purecloud-platform-client-v2';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, startEmulator } from 'rapport-cx/emulator';

await using emulator = await startEmulator({ attributes: { lagMs: 0 } });
const call = emulator.control.start({ queue: 'Support', from: '+12125550101' });

const client = new platform.ApiClientClass();
// Else it reads, and watches, a settings file in the home folder.
client.config.live_reload_config = false;
client.config.configPath = '';
client.setGateway({ host: '127.0.0.1', port: emulator.port, protocol: 'http' });
await client.loginClientCredentialsGrant(DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET);

const conversations = new platform.ConversationsApi(client);
await conversations.patchConversationParticipantAttributes(
  call.conversationId,
  call.participantId,
  { attributes: { 'crm.tier': 'gold' } },
);
const { participants } = await conversations.getConversation(call.conversationId);
for (const { purpose, attributes } of participants) console.log(purpose, attributes);
