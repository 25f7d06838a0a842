/**
 * Reference: the official SDK in a Fastify handler. The handler reads the conversation, asks the CRM,
 * writes, and answers; connections are kept alive. What is under way dies with the process.
 */
import fastify from 'fastify';
import sdk from 'purecloud-platform-client-v2';
import {
  attributesOf,
  customerOf,
  sayListening,
  surroundings,
  type ConversationBody,
  type CrmRecord,
} from './surroundings.ts';

const { platformPort, crmUrl, clientId, clientSecret, apiKey, port } = surroundings();

const client = sdk.ApiClient.instance;
// Else it would read and watch a file in the home folder of whoever runs this.
client.config.live_reload_config = false;
client.config.configPath = '';
client.setGateway({
  host: '127.0.0.1',
  protocol: 'http',
  port: platformPort,
  path_params_login: '',
  path_params_api: '',
});
await client.loginClientCredentialsGrant(clientId, clientSecret);
const conversations = new sdk.ConversationsApi();

async function enrich(conversationId: string): Promise<void> {
  const conversation = await conversations.getConversation(conversationId);
  const { participantId, phone } = customerOf(conversation as ConversationBody);
  const answer = await fetch(crmUrl.replace('{key}', encodeURIComponent(phone)), {
    signal: AbortSignal.timeout(800),
  });
  if (!answer.ok) throw new Error(`the CRM answered ${answer.status}`);
  const attributes = attributesOf((await answer.json()) as CrmRecord);
  await conversations.patchConversationParticipantAttributes(conversationId, participantId, {
    attributes,
  });
}

const app = fastify({ logger: false });
app.post<{ Params: { id: string } }>('/v1/conversations/:id/enrich', async (request, reply) => {
  if (request.headers.authorization !== `Bearer ${apiKey}`) {
    return reply.code(401).send({ error: 'not signed in' });
  }
  await enrich(request.params.id);
  return reply.code(202).send({ conversationId: request.params.id });
});
sayListening(await app.listen({ host: '127.0.0.1', port }));
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
