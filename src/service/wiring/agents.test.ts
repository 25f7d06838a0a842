import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../test/fixtures/client.ts';
import {
  startScriptedPlatform,
  type ScriptedAnswer,
} from '../../../test/fixtures/scripted-platform.ts';
import { parseConversationId } from '../../domain/ids.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { openAgents, openAttendance, type AgentParts } from './agents.ts';

interface Stage extends AsyncDisposable, AgentParts {
  readonly clock: ManualClock;
  readonly client: GenesysClient;
  /** Resolves once the platform was asked. */
  readonly asked: Promise<void>;
}

async function openStage(answer: ScriptedAnswer): Promise<Stage> {
  const asked = Promise.withResolvers<void>();
  const platform = await startScriptedPlatform({
    api() {
      asked.resolve();
      return answer;
    },
  });
  const client = clientOf({ apiUrl: platform.url });
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
async function passOver({ asked, clock }: Stage): Promise<void> {
  await asked;
  await clock.advance(5000);
}

const COME_AGAIN = { code: 'ERR_AGENT_UNKNOWN', details: { httpStatus: 503 } };

const ADA = { kind: 'user', userId: 'ada', believedUntil: 300_000 } as const;
const CONVERSATION = parseConversationId('c1');

describe('openAgents', () => {
  it('has an agent come again when the platform does not say in time whose token it is', async () => {
    await using stage = await openStage({ silent: true });
    const asking = openAgents(stage).identify('Bearer some-token');
    await Promise.all([expect(asking).rejects.toMatchObject(COME_AGAIN), passOver(stage)]);
  });
});

describe('openAttendance', () => {
  it('has an agent come again when the platform does not say in time who is there', async () => {
    await using stage = await openStage({ silent: true });
    const asking = openAttendance(stage).assertSees(ADA, CONVERSATION);
    await Promise.all([expect(asking).rejects.toMatchObject(COME_AGAIN), passOver(stage)]);
  });

  it('has an agent come again when the service may not read it, and says what lets it', async () => {
    await using stage = await openStage({ status: 403, body: { code: 'missing.permissions' } });
    await expect(openAttendance(stage).assertSees(ADA, CONVERSATION)).rejects.toMatchObject({
      ...COME_AGAIN,
      nextStep: expect.stringContaining('permission'),
    });
  });
});
