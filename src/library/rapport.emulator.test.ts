import { describe, expect, it } from 'vitest';
import { configSchema } from '../config/schema.ts';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  startEmulator,
  type Emulator,
} from '../emulator/index.ts';
import { openRapport, type Rapport } from './rapport.ts';

const CALLER = '+12125550101';

interface Stage extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly rapport: Rapport;
}

async function startStage(clientSecret = DEFAULT_CLIENT_SECRET): Promise<Stage> {
  const emulator = await startEmulator({ attributes: { lagMs: 5 } });
  const config = configSchema.parse({
    genesys: {
      apiUrl: emulator.apiUrl,
      auth: { type: 'client-credentials', clientId: DEFAULT_CLIENT_ID, clientSecret },
    },
    sources: { crm: { type: 'static', values: { [CALLER]: { id: 'C-1', tier: 'gold' } } } },
    attributes: { 'crm.customerId': { from: 'crm.id' }, 'crm.tier': { from: 'crm.tier' } },
  });
  const rapport = openRapport({ config });
  return {
    emulator,
    rapport,
    async [Symbol.asyncDispose]() {
      await rapport[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

const statesOf = ({ keys }: { readonly keys: readonly { key: string; state: string }[] }) =>
  Object.fromEntries(keys.map(({ key, state }) => [key, state]));

describe('Rapport as a library', () => {
  it('enriches a conversation and answers once its keys are visible', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: CALLER });
    const outcome = await stage.rapport.enrich(conversationId);
    expect(outcome).toMatchObject({ result: 'enriched', platformRequests: 2 });
    expect(statesOf(outcome)).toEqual({ 'crm.customerId': 'visible', 'crm.tier': 'visible' });
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      'crm.customerId': 'C-1',
      'crm.tier': 'gold',
    });
  });

  it('writes nothing the second time', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: CALLER });
    await stage.rapport.enrich(conversationId);
    const again = await stage.rapport.enrich(conversationId);
    expect(again).toMatchObject({ result: 'unchanged', platformRequests: 1, proofRequests: 0 });
  });

  it('finds the customer by what the caller knows', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: '+12125550999',
    });
    const unknown = await stage.rapport.enrich(conversationId);
    expect(unknown.result).toBe('not-found');
    const known = await stage.rapport.enrich(conversationId, { phone: CALLER });
    expect(known.result).toBe('enriched');
  });

  it('inspects without writing', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: CALLER });
    const report = await stage.rapport.inspect(conversationId);
    expect(report.keys.map(({ key, status }) => [key, status])).toEqual([
      ['crm.customerId', 'OK'],
      ['crm.tier', 'OK'],
    ]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({});
  });

  it('sets and removes keys, and proves both', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: CALLER,
      attributes: { old: 'x', kept: 'y' },
    });
    const result = await stage.rapport.set(conversationId, { 'crm.tier': 'silver', old: null });
    expect(statesOf(result)).toEqual({ 'crm.tier': 'visible', old: 'visible' });
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      'crm.tier': 'silver',
      old: '',
      kept: 'y',
    });
  });

  it('names the participants there are when the one asked for is not on the conversation', async () => {
    await using stage = await startStage();
    const { conversationId, participantId } = stage.emulator.control.start({
      queue: 'Support',
      from: CALLER,
    });
    const stranger = '0199aaaa-bbbb-4ccc-8ddd-eeeeffff0000';
    const set = stage.rapport.set(conversationId, { a: '1' }, { participantIds: [stranger] });
    await expect(set).rejects.toMatchObject({
      code: 'ERR_NO_PARTICIPANT',
      nextStep: expect.stringContaining(participantId),
    });
  });

  it('says of a conversation that has ended that nothing was written', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: CALLER });
    stage.emulator.control.end(conversationId);
    expect(await stage.rapport.enrich(conversationId)).toMatchObject({
      result: 'skipped',
      reason: 'ended',
    });
    expect(await stage.rapport.set(conversationId, { a: '1' })).toMatchObject({ ended: true });
  });

  it('answers for a conversation that the platform does not know', async () => {
    await using stage = await startStage();
    const outcome = await stage.rapport.enrich('0199aaaa-bbbb-4ccc-8ddd-eeeeffff0000');
    expect(outcome).toMatchObject({ result: 'failed', reason: 'unknown-conversation' });
  });

  it('passes on why the platform refuses', async () => {
    await using stage = await startStage('wrong');
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: CALLER });
    await expect(stage.rapport.enrich(conversationId)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_GENESYS_SIGN_IN/),
      nextStep: expect.any(String),
    });
  });

  it('stops when its caller does', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: CALLER });
    const signal = AbortSignal.abort(new Error('the caller left'));
    await expect(stage.rapport.enrich(conversationId, { signal })).rejects.toThrow('caller left');
  });

  it('refuses what is no id', async () => {
    await using stage = await startStage();
    await expect(stage.rapport.enrich('../x')).rejects.toMatchObject({ code: 'ERR_INVALID_ID' });
  });
});
