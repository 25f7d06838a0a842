import { describe, expect, it } from 'vitest';
import { startScriptedPlatform } from '../../../test/fixtures/scripted-platform.ts';
import { parseConversationId } from '../../domain/ids.ts';
import { createGenesysClient, type GenesysClient } from '../../genesys/client.ts';
import { genesysOptionsSchema } from '../../genesys/options.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { openAgents, openAttendance, type AgentParts } from './agents.ts';

interface Silence extends AsyncDisposable, AgentParts {
  readonly clock: ManualClock;
  readonly client: GenesysClient;
  /** Resolves once the platform was asked; it never answers. */
  readonly asked: Promise<void>;
}

async function openSilence(): Promise<Silence> {
  const asked = Promise.withResolvers<void>();
  const platform = await startScriptedPlatform({
    api() {
      asked.resolve();
      return { silent: true };
    },
  });
  const auth = { type: 'client-credentials', clientId: 'id', clientSecret: 'secret' };
  const config = genesysOptionsSchema.parse({ apiUrl: platform.url, auth });
  const client = createGenesysClient({ config });
  return {
    clock: new ManualClock(0),
    client,
    asked: asked.promise,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

/** Has the time go by in which an answer is waited for. */
async function passOver({ asked, clock }: Silence): Promise<void> {
  await asked;
  await clock.advance(5000);
}

const COME_AGAIN = { code: 'ERR_AGENT_UNKNOWN', details: { httpStatus: 503 } };

describe('openAgents', () => {
  it('has an agent come again when the platform does not say in time whose token it is', async () => {
    await using silence = await openSilence();
    const asking = openAgents(silence).identify('Bearer some-token');
    await Promise.all([expect(asking).rejects.toMatchObject(COME_AGAIN), passOver(silence)]);
  });
});

describe('openAttendance', () => {
  it('has an agent come again when the platform does not say in time who is there', async () => {
    await using silence = await openSilence();
    const ada = { kind: 'user', userId: 'ada' } as const;
    const asking = openAttendance(silence).assertSees(ada, parseConversationId('c1'));
    await Promise.all([expect(asking).rejects.toMatchObject(COME_AGAIN), passOver(silence)]);
  });
});
