import { describe, expect, it } from 'vitest';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_USER_PASSWORD,
} from '../../src/emulator/index.ts';
import {
  CRM_TOKEN,
  CUSTOMER,
  operationsOf,
  startStage,
  writePrivateKey,
  type Env,
  type Stage,
} from '../acceptance/stage.ts';
import { runScript, whyNot } from './documents.ts';

const skipped = whyNot();
const COMPLETE = 'Complete Working Example';
const CALL = { queue: 'Support', from: CUSTOMER.phone, attributes: { 'ivr.language': 'en' } };
const PARTICIPANT = '/participants/{participantId}';

const hostsOf = ({ emulator, crm }: Stage): Env => ({
  'mypurecloud.com': emulator.url,
  'us-east-1.mypurecloud.com': emulator.url,
  'api.external-crm.com': crm.url,
});

/** What our own verify says of the conversation: the finding by key. */
async function findings(stage: Stage, conversationId: string): Promise<Record<string, unknown>> {
  const { out } = await stage.rapport(['verify', conversationId, '--json'], stage.signIn);
  const { keys } = JSON.parse(out) as { keys: { key: string; finding: string }[] };
  return Object.fromEntries(keys.map(({ key, finding }) => [key, finding]));
}

describe.skipIf(skipped !== undefined)(
  `the documents’ own scripts${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
  { concurrent: true },
  () => {
    it('000: its complete example signs in with a private key and keeps the keys that were there', async () => {
      await using stage = await startStage('tutorials');
      const { conversationId, participantId } = stage.emulator.control.start(CALL);
      const said = await runScript({
        document: '000',
        titles: [COMPLETE],
        hosts: hostsOf(stage),
        env: {
          GENESYS_PRIVATE_KEY_PATH: await writePrivateKey(stage),
          GENESYS_CLIENT_ID: DEFAULT_CLIENT_ID,
          TEST_CONVERSATION_ID: conversationId,
          TEST_PARTICIPANT_ID: participantId,
        },
      });
      expect(said).toContain('Operation completed successfully.');
      expect(stage.emulator.control.attributes(conversationId)).toEqual({
        'ivr.language': 'en',
        'crm.customerId': 'CUST-998877',
        'crm.tier': 'platinum',
        'crm.lastInteraction': '2023-10-01T12:00:00Z',
      });
    });

    it('000: its steps find the participants of a call, ask the CRM with a bearer token and write what it knows', async () => {
      await using stage = await startStage('tutorials');
      const { conversationId, participantId } = stage.emulator.control.start(CALL);
      const ids = [conversationId, participantId, 'CUST-998877'].map((id) => `'${id}'`);
      const found = `[p['id'] for p in get_active_participants(${ids[0]})]`;
      const said = await runScript({
        document: '000',
        titles: ['Introduction', 'Step'],
        call: `[init_genesys_client() and None, ${found}, sync_external_data_to_live_call(${ids.join(', ')})]`,
        hosts: hostsOf(stage),
        words: { YOUR_EXTERNAL_API_TOKEN: CRM_TOKEN },
        env: {
          GENESYS_PRIVATE_KEY_PATH: await writePrivateKey(stage),
          GENESYS_CLIENT_ID: DEFAULT_CLIENT_ID,
        },
      });
      expect(said).toContain('Sync completed successfully.');
      expect(said).toContain(participantId);
      expect(stage.crm.received.map(({ url }) => url)).toEqual(['/v1/customers/CUST-998877']);
      expect(stage.emulator.control.attributes(conversationId)).toMatchObject({
        'ivr.language': 'en',
        'crm.customerId': 'CUST-998877',
        'crm.tier': 'platinum',
      });
    });

    it('001: its complete example sets its keys by the generic path and validates every one', async () => {
      await using stage = await startStage('tutorials');
      const { conversationId, participantId } = stage.emulator.control.start(CALL);
      const said = await runScript({
        document: '001',
        titles: [COMPLETE],
        hosts: hostsOf(stage),
        env: {
          GENESYS_CLIENT_ID: DEFAULT_CLIENT_ID,
          GENESYS_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
          GENESYS_CONVERSATION_ID: conversationId,
          GENESYS_PARTICIPANT_ID: participantId,
        },
      });
      expect(said).toContain('Participant attributes synchronized.');
      expect(operationsOf(stage)).toEqual([
        `PATCH /api/v2/conversations/{conversationId}${PARTICIPANT}`,
      ]);
      expect(stage.emulator.control.attributes(conversationId)).toEqual({
        'ivr.language': 'en',
        'customer.tier': 'enterprise',
        'interaction.reason': 'technical_support',
        'agent.handoff.complete': 'true',
        'metadata.sessionId': expect.stringMatching(/^sess-\d+$/),
      });
    });

    it('002: its pipeline takes the flow’s inputs, enriches every conversation and tells analytics of each', async () => {
      const record = { 'crm.customerId': 'CUST-998877', 'crm.tier': 'gold', 'not.declared': 1 };
      await using stage = await startStage('tutorials', { record, isCrmOpen: true });
      const { control } = stage.emulator;
      const ids = [1, 2, 3].map(() => control.start(CALL).conversationId);
      const said = await runScript({
        document: '002',
        titles: ['Introduction', 'Step', COMPLETE],
        hosts: hostsOf(stage),
        env: {
          GENESYS_CLIENT_ID: DEFAULT_CLIENT_ID,
          GENESYS_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
          GENESYS_FLOW_ID: control.world().flows[0]?.id ?? '',
          CONVERSATION_IDS: ids.join(','),
          CRM_API_ENDPOINT: `${stage.crm.url}/lookup`,
          ANALYTICS_WEBHOOK_URL: `${stage.analytics.url}/hook`,
        },
      });
      expect(said).toContain('Success rate: 100.00%');
      expect(said).toContain('Audit log entries: 3');
      for (const id of ids) {
        expect(control.attributes(id)).toEqual({
          'ivr.language': 'en',
          'crm.customerId': 'CUST-998877',
          'crm.tier': 'gold',
        });
      }
      expect(stage.analytics.received.map(({ body }) => body)).toMatchObject(
        ids.map(() => ({ eventType: 'conversation.attributes.enriched' })),
      );
    });

    it('003: its complete example creates a conversation, updates it, and Architect sees both', async () => {
      await using stage = await startStage('tutorials');
      const said = await runScript({
        document: '003',
        titles: [COMPLETE],
        hosts: hostsOf(stage),
        words: wordsOf003(stage),
        env: {},
      });
      expect(said).toContain('[ticket_number] = TKT-99999');
      const [created] = stage.emulator.control.conversations();
      const expected = {
        source: 'web_widget',
        browser_language: 'en-US',
        custom_order_id: 'ORD-12345',
        form_submitted: 'true',
        priority_level: 'high',
        ticket_number: 'TKT-99999',
      };
      expect(stage.emulator.control.attributes(created?.id ?? '')).toEqual(expected);
      expect(await findings(stage, created?.id ?? '')).toMatchObject(
        Object.fromEntries(Object.keys(expected).map((key) => [key, 'visible'])),
      );
    });

    it('003: its steps create a conversation and verify what Architect can see of it', async () => {
      await using stage = await startStage('tutorials');
      const auth = `GenesysAuth('us-east-1', '${DEFAULT_CLIENT_ID}', '${DEFAULT_CLIENT_SECRET}', 'ada.agent@example.com', '${DEFAULT_USER_PASSWORD}')`;
      const said = await runScript({
        document: '003',
        titles: ['Introduction', 'Step'],
        call: `(lambda auth: verify_architect_visibility(auth, create_test_conversation(auth)))(${auth})`,
        hosts: hostsOf(stage),
        words: wordsOf003(stage),
        env: {},
      });
      expect(said).toContain('Key: custom_order_id | Value: ORD-998877 | Type: str');
      expect(said).toContain('Key: user_tier | Value: platinum');
    });
  },
);

/** The constants that document 003 tells its reader to replace. */
function wordsOf003({ emulator }: Stage): Env {
  const queueId = emulator.control.world().queues[0]?.id ?? '';
  return {
    your_queue_id_here: queueId,
    your_queue_id: queueId,
    your_client_id: DEFAULT_CLIENT_ID,
    your_client_secret: DEFAULT_CLIENT_SECRET,
    'your_api_user@example.com': 'ada.agent@example.com',
    your_api_password: DEFAULT_USER_PASSWORD,
  };
}
