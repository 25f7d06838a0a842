import { describe, expect, it } from 'vitest';
import { clientOf } from '../../test/fixtures/client.ts';
import { parseConversationId, parseParticipantId } from '../domain/ids.ts';
import { startEmulator, type Emulator, type EmulatorProfile } from '../emulator/index.ts';
import type { GenesysClient } from '../genesys/client.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { createClientPort } from './client-port.ts';
import { writeOptionsSchema, type WriteOptions } from './options.ts';
import { WRITE_PROFILE_NAMES } from './profiles/profile.ts';
import { createDigester } from './proof/digest.ts';
import type { WantedValue, WritebackResult } from './turn/input.ts';
import { writeTurn } from './turn/write-turn.ts';
import { createValueMemory } from './value-memory.ts';

/** The emulator, a client of it, and one call with a key that is not ours. */
interface Stage extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly client: GenesysClient;
  readonly call: { readonly conversationId: string; readonly participantId: string };
  readonly attributes: () => Readonly<Record<string, string>>;
}

async function startStage(profile: EmulatorProfile): Promise<Stage> {
  const emulator = await startEmulator({ profile, attributes: { lagMs: 0 } });
  const client = clientOf(emulator);
  const call = emulator.control.start({ attributes: { 'ivr.language': 'en', 'crm.old': 'x' } });
  return {
    emulator,
    client,
    call,
    attributes: () => ({
      ...emulator.control.conversation(call.conversationId).participants[0]?.attributes,
    }),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

function write(
  { client, call }: Stage,
  wanted: Readonly<Record<string, string | null>>,
  options: WriteOptions,
): Promise<WritebackResult> {
  const participantId = parseParticipantId(call.participantId);
  const values = Object.entries(wanted).map(([key, value]): [string, WantedValue] => [
    key,
    { value, class: 'public', wipe: false },
  ]);
  return writeTurn(
    {
      conversationId: parseConversationId(call.conversationId),
      customerId: participantId,
      targets: [{ participantId, wanted: new Map(values) }],
      asked: true,
      entries: [],
      turn: 'turn-1',
      lane: 'live',
      covered: false,
    },
    {
      port: createClientPort({ client }),
      config: writeOptionsSchema.parse({ waitMs: 5000, ...options }),
      clock: systemClock,
      now: () => systemClock.wallMs(),
      digest: createDigester('secret'),
      values: createValueMemory(),
      random: () => 0.5,
      log: silentLog,
      signal: new AbortController().signal,
      assertHeld: () => undefined,
      resolve: () => participantId,
    },
  );
}

describe('createClientPort', () => {
  it.each(WRITE_PROFILE_NAMES)(
    'writes and proves with the profile %s, and loses nobody’s key',
    async (profile) => {
      await using stage = await startStage('tutorials');
      const written = await write(stage, { 'crm.tier': 'gold', 'crm.old': null }, { profile });
      expect(written.keyVerdicts.map((one) => one.state)).toEqual(['visible', 'visible']);
      expect(stage.attributes()).toMatchObject({
        'ivr.language': 'en',
        'crm.tier': 'gold',
        'crm.old': '',
      });
    },
  );

  it('removes a key with null where the profile can', async () => {
    await using stage = await startStage('tutorials');
    const written = await write(
      stage,
      { 'crm.old': null },
      { profile: 'participant-patch', onRemove: 'null' },
    );
    expect(written.keyVerdicts[0]?.state).toBe('visible');
    expect(Object.keys(stage.attributes())).toEqual(['ivr.language']);
  });

  it('spends one request on writing and counts proof reads apart', async () => {
    await using stage = await startStage('platform');
    const written = await write(stage, { 'crm.tier': 'gold' }, {});
    expect([written.platformRequests, written.proofRequests]).toEqual([1, 1]);
    expect(written.keyVerdicts[0]?.state).toBe('visible');
  });

  it.each(['voice-merge', 'participant-merge', 'conversation'] as const)(
    'says that the platform has no path for the profile %s',
    async (profile) => {
      await using stage = await startStage('platform');
      const written = await write(stage, { 'crm.tier': 'gold' }, { profile });
      expect(written.keyVerdicts[0]).toMatchObject({ state: 'refused' });
      expect(written.keyVerdicts[0]?.advice).toMatch(/write\.profile to attributes/);
    },
  );

  it('finds out that the platform ignores attributes on the participant’s own path', async () => {
    await using stage = await startStage('platform');
    const written = await write(
      stage,
      { 'crm.tier': 'gold' },
      { profile: 'participant-patch', proveMs: 500, settleMs: 100, waitMs: 2000 },
    );
    expect(written.keyVerdicts[0]?.state).toBe('ignored');
    expect(written.keyVerdicts[0]?.advice).toMatch(/participants\/\{id\}\/attributes/);
  });
});
