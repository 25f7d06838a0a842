import { describe, expect, it, vi } from 'vitest';
import { ManualClock, type Emulator } from '../../src/emulator/index.ts';
import { POLL, serve } from './serve.ts';
import { PROFILES, startStage, type Env, type Stage } from './stage.ts';

interface Told {
  readonly status: number;
  /** `origin finding`, by key. */
  readonly findings: Readonly<Record<string, string>>;
  readonly advice: readonly string[];
  /** The advice of each key that has some. */
  readonly adviceOf: Readonly<Record<string, string>>;
}

interface VerifiedJson {
  readonly advice: readonly string[];
  readonly keys: readonly {
    readonly key: string;
    readonly origin: string;
    readonly finding: string;
    readonly advice?: string;
  }[];
}

async function verify(stage: Stage, words: readonly string[], env: Env): Promise<Told> {
  const { status, out } = await stage.rapport(['verify', ...words, '--json'], env);
  const { keys, advice } = JSON.parse(out) as VerifiedJson;
  return {
    status,
    advice,
    findings: Object.fromEntries(
      keys.map(({ key, origin, finding }) => [key, `${origin} ${finding}`]),
    ),
    adviceOf: Object.fromEntries(
      keys.flatMap((one) => (one.advice ? [[one.key, one.advice]] : [])),
    ),
  };
}

describe.concurrent.each(PROFILES)('verify on the %s emulator', (profile) => {
  it('shows key, value, type and the conversion that Architect needs, and whose the key is', async () => {
    await using stage = await startStage(profile);
    const { conversationId } = stage.emulator.control.start({
      attributes: {
        'orders.open': '3',
        'orders.total': '19.90',
        vip: 'true',
        'crm.lastInteraction': '2026-10-01T12:00:00Z',
        'crm.preferences': '{"language":"en"}',
        note: 'hello',
        'ivr.Language': 'en',
        gone: '',
        long: 'x'.repeat(100),
        odd: '\u001B[31mred',
      },
    });
    const { status, out } = await stage.rapport(['verify', conversationId], stage.signIn);
    expect(status).toBe(0);
    for (const line of [
      /^crm\.lastInteraction +2026-10-01T12:00:00Z +date-time +others +visible +ToDateTime\(Flow\.crm_lastInteraction\)$/m,
      /^crm\.preferences +\{"language":"en"\} +json +others +visible +JsonParse\(Flow\.crm_preferences\)$/m,
      /^ivr\.Language +en +text +platform +visible +text$/m,
      /^long +x{47}… +text /m,
      /^note +hello +text +others +visible +text$/m,
      /^odd +\\u001b\[31mred +text /m,
      /^orders\.open +3 +integer +others +visible +ToInt\(Flow\.orders_open\)$/m,
      /^orders\.total +19\.90 +decimal +others +visible +ToDecimal\(Flow\.orders_total\)$/m,
      /^vip +true +boolean +others +visible +ToBool\(Flow\.vip\)$/m,
      / → gone: .*empty text.*removed key/,
    ]) {
      expect(out).toMatch(line);
    }
  });

  it('takes the first word for a key where the environment names the conversation', async () => {
    await using stage = await startStage(profile);
    const { conversationId } = stage.emulator.control.start({ attributes: { vip: 'true' } });
    const env = { ...stage.signIn, GENESYS_CONVERSATION_ID: conversationId };
    expect((await verify(stage, ['vip'], env)).findings).toEqual({ vip: 'others visible' });
    expect((await verify(stage, [conversationId, 'vip'], env)).status).toBe(0);
    const { status, adviceOf } = await verify(stage, ['VIP'], env);
    expect([status, adviceOf]).toEqual([1, { VIP: expect.stringContaining('there is "vip"') }]);
  });

  it('says of a key on another participant, of one nowhere and of a conversation without a customer what to do', async () => {
    await using stage = await startStage(profile);
    const { control } = stage.emulator;
    const { conversationId } = control.start({ queue: 'Support' });
    control.writeAttributes(
      conversationId,
      { tier: 'gold' },
      agentOf(stage.emulator, conversationId),
    );
    const told = await verify(stage, [conversationId, 'tier', 'nowhere'], stage.signIn);
    expect(told).toMatchObject({
      status: 1,
      findings: { tier: 'others wrong-participant', nowhere: 'others missing' },
      adviceOf: {
        tier: expect.stringMatching(
          /\(agent\), which Architect does not read\. Write it to the customer/,
        ),
        nowhere: expect.stringMatching(/Nobody has written it/),
      },
    });
    const { conversationId: internal } = control.startInternal('Ada Agent', 'Ben Agent');
    expect(await verify(stage, [internal, 'tier'], stage.signIn)).toMatchObject({
      status: 1,
      findings: { tier: 'others no-customer' },
      advice: [expect.stringMatching(/No participant is a customer.*Wait until the customer/)],
    });
  });
});

function agentOf({ control }: Emulator, conversationId: string): string {
  control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
  const { participants } = control.conversation(conversationId);
  return participants.find(({ purpose }) => purpose === 'agent')?.id ?? '';
}

describe.concurrent('verify beside a running service', () => {
  it.each([
    {
      finding: 'visible',
      first: /visible/,
      lagMs: 0,
      proveMs: 60_000,
      advice: /^$/,
    },
    {
      finding: 'overwritten',
      first: /visible/,
      lagMs: 0,
      proveMs: 60_000,
      meanwhile: { 'crm.tier': 'theirs' },
      advice: /Somebody else wrote another value.*Find out who/,
    },
    {
      finding: 'late',
      first: /ignored/,
      lagMs: 1_000,
      proveMs: 500,
      advice: /It showed \d+ ms later than it should/,
    },
    {
      finding: 'ignored',
      first: /ignored/,
      lagMs: 3_600_000,
      proveMs: 500,
      advice: /accepted the write, yet the participant does not hold it: check that the path/,
    },
  ])(
    'tells a key of ours that is $finding, with its advice',
    async ({ finding, first, lagMs, proveMs, meanwhile = {}, advice }) => {
      // The platform's own time passes when the test says so, however long everything else takes.
      const clock = new ManualClock(Date.now());
      await using stage = await startStage('platform', {
        emulator: { attributes: { lagMs }, clock },
      });
      const { env, stop, stopped } = await serve(stage, { proveMs });
      const { control } = stage.emulator;
      const { conversationId } = control.start({ queue: 'Support', from: '+12125550101' });
      const found = async (): Promise<string | undefined> =>
        (await verify(stage, [conversationId, 'crm.tier'], env)).findings['crm.tier'];
      await vi.waitFor(async () => expect(await found()).toMatch(first), POLL);
      control.writeAttributes(conversationId, meanwhile);
      await clock.advance(1_000);
      await vi.waitFor(async () => expect(await found()).toBe(`ours ${finding}`), POLL);
      const told = await verify(stage, [conversationId], env);
      expect(told.status).toBe(finding === 'visible' || finding === 'late' ? 0 : 1);
      expect(told.adviceOf['crm.tier'] ?? '').toMatch(advice);
      stop();
      await stopped;
    },
  );
});
