import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChaos, type Chaos } from './chaos.ts';

const WRITE =
  'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';
const READ = 'GET /api/v2/conversations/{conversationId}';

function chaosWith(...rules: readonly unknown[]): Chaos {
  const chaos = createChaos('seed-1');
  for (const rule of rules) chaos.add(rule);
  return chaos;
}

const kinds = (chaos: Chaos, count: number, operation = WRITE): string[] =>
  Array.from({ length: count }, () => chaos.decide({ operation }).outcome.kind);

describe('Chaos.decide', () => {
  it('serves everything at once when there is no rule', () => {
    expect(chaosWith().decide({ operation: READ })).toEqual({
      delayMs: 0,
      revokesToken: false,
      outcome: { kind: 'serve' },
      rules: [],
    });
  });

  it('answers with the platform’s own code and message for a status', () => {
    const plan = chaosWith({ kind: 'status', status: 503 }).decide({ operation: WRITE });
    expect(plan).toMatchObject({
      outcome: {
        kind: 'status',
        status: 503,
        code: 'service.unavailable',
        message:
          'Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).',
        commits: false,
      },
      rules: ['fault-1'],
    });
  });

  it('hits the matches after the skipped ones, as often as told', () => {
    const chaos = chaosWith({ kind: 'reset', skip: 2, times: 2 });
    expect(kinds(chaos, 6)).toEqual(['serve', 'serve', 'reset', 'reset', 'serve', 'serve']);
    expect(chaos.list()).toMatchObject([{ matched: 6, fired: 2 }]);
  });

  it('hits only the operation and the conversation that the rule names', () => {
    const chaos = chaosWith({
      kind: 'silence',
      commits: true,
      operation: 'PATCH /api/v2/conversations/**',
      conversationId: 'c1',
    });
    const outcome = (operation: string, conversationId?: string): string =>
      chaos.decide({ operation, conversationId }).outcome.kind;
    expect(outcome(WRITE, 'c1')).toBe('silence');
    expect(outcome(WRITE, 'c2')).toBe('serve');
    expect(outcome(WRITE)).toBe('serve');
    expect(outcome(READ, 'c1')).toBe('serve');
    expect(chaos.list()).toMatchObject([{ matched: 1, fired: 1 }]);
  });

  it('adds delays up and lets the first rule that decides an end decide it', () => {
    const chaos = chaosWith(
      { kind: 'latency', latency: { distribution: 'fixed', ms: 30 } },
      { kind: 'status', status: 500, times: 1 },
      { kind: 'revoke-token' },
      { kind: 'reset', commits: true },
      { kind: 'latency', latency: { distribution: 'uniform', minMs: 10, maxMs: 10 } },
    );
    expect(chaos.decide({ operation: READ })).toMatchObject({
      delayMs: 40,
      revokesToken: true,
      outcome: { kind: 'status', status: 500 },
      rules: ['fault-1', 'fault-2', 'fault-3', 'fault-5'],
    });
    expect(chaos.decide({ operation: READ }).outcome).toEqual({ kind: 'reset', commits: true });
  });

  it('never lets a frame rule touch a request', () => {
    const chaos = chaosWith({ kind: 'drop-frame' });
    expect(kinds(chaos, 1)).toEqual(['serve']);
    expect(chaos.list()).toMatchObject([{ matched: 0 }]);
  });

  it('hits about the share it is told to', () => {
    const chaos = chaosWith({ kind: 'reset', probability: 0.3 });
    const share = kinds(chaos, 5000).filter((kind) => kind === 'reset').length / 5000;
    // Four standard deviations of a binomial share at n = 5000, p = 0.3; the seed is fixed.
    expect(Math.abs(share - 0.3)).toBeLessThan(0.026);
  });

  it('repeats its choices for the same seed and id, whatever other rules there are', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.boolean(), { maxLength: 40 }), (seed, others) => {
        const alone = createChaos(seed);
        alone.add({ id: 'flaky', kind: 'reset', probability: 0.5, operation: WRITE });
        const together = createChaos(seed);
        together.add({
          id: 'slow',
          kind: 'latency',
          latency: { distribution: 'lognormal', medianMs: 80, sigma: 1 },
          probability: 0.5,
        });
        together.add({ id: 'flaky', kind: 'reset', probability: 0.5, operation: WRITE });
        for (const isRead of others) {
          if (isRead) together.decide({ operation: READ });
          expect(together.decide({ operation: WRITE }).outcome).toEqual(
            alone.decide({ operation: WRITE }).outcome,
          );
        }
      }),
    );
  });

  it('makes other choices for another seed', () => {
    const rule = { kind: 'reset', probability: 0.5 };
    const first = createChaos('a');
    const second = createChaos('b');
    first.add(rule);
    second.add(rule);
    expect(kinds(first, 64)).not.toEqual(kinds(second, 64));
    first.reset('b');
    first.add(rule);
    second.reset();
    second.add(rule);
    expect(kinds(first, 64)).toEqual(kinds(second, 64));
  });

  it('draws lognormal latencies around their median and never above the maximum', () => {
    const chaos = chaosWith({
      kind: 'latency',
      latency: { distribution: 'lognormal', medianMs: 100, sigma: 1, maxMs: 400 },
    });
    const delays = Array.from({ length: 2001 }, () => chaos.decide({ operation: READ }).delayMs);
    const sorted = delays.toSorted((a, b) => a - b);
    expect(sorted[1000]).toBeGreaterThan(90);
    expect(sorted[1000]).toBeLessThan(110);
    expect(sorted.at(-1)).toBe(400);
    expect(sorted[0]).toBeGreaterThan(0);
  });
});

describe('Chaos.decideFrame', () => {
  const frame = { topic: 'v2.routing.queues.q1.conversations', channelId: 'ch1' };

  it('delivers a frame once and at once when there is no rule', () => {
    expect(chaosWith().decideFrame(frame)).toEqual({
      deliveries: [0],
      hold: undefined,
      socket: { kind: 'keep' },
      rules: [],
    });
  });

  it('sends copies, each later by the spacing, all moved by a delay', () => {
    const chaos = chaosWith(
      { kind: 'duplicate-frame', copies: 3, spacing: { distribution: 'fixed', ms: 5 } },
      { kind: 'delay-frame', latency: { distribution: 'fixed', ms: 100 } },
    );
    expect(chaos.decideFrame(frame).deliveries).toEqual([100, 105, 110]);
  });

  it('loses the frame when it is dropped, and when its socket is cut or muted', () => {
    expect(chaosWith({ kind: 'drop-frame' }).decideFrame(frame).deliveries).toEqual([]);
    expect(chaosWith({ kind: 'cut-socket' }).decideFrame(frame)).toMatchObject({
      deliveries: [],
      socket: { kind: 'cut' },
    });
    expect(chaosWith({ kind: 'mute-socket', forMs: 90_000 }).decideFrame(frame)).toMatchObject({
      deliveries: [],
      socket: { kind: 'mute', forMs: 90_000 },
    });
  });

  it.for([
    [{ topic: 'v2.routing.queues.{id}.conversations' }, true],
    [{ topic: 'v2.routing.queues.q2.conversations' }, false],
    [{ topic: 'v2.routing.**' }, true],
    [{ topic: 'v2.users.**' }, false],
    [{ topic: 'v2.routing.queues.*' }, false],
    [{ channelId: 'ch2' }, false],
    [{ conversationId: 'c1' }, true],
    [{ conversationId: 'c2' }, false],
  ] as const)('a rule for %j fits: %s', ([match, fits]) => {
    const chaos = chaosWith({ kind: 'drop-frame', ...match });
    const { deliveries } = chaos.decideFrame({ ...frame, conversationId: 'c1' });
    expect(deliveries).toEqual(fits ? [] : [0]);
  });
});

describe('Chaos.add', () => {
  it.for([
    [null, 'rule: Invalid input: expected object'],
    ['reset', 'rule: Invalid input: expected object'],
    [{ kind: 'explode' }, 'kind: '],
    [{ kind: 'status' }, 'status: Invalid input: expected number'],
    [{ kind: 'status', status: 200 }, 'status: Too small'],
    [{ kind: 'reset', probabilty: 0.5 }, 'Unrecognized key: "probabilty"'],
    [{ kind: 'reset', probability: 30 }, 'probability: Too big'],
    [{ kind: 'reset', operation: '/conversations' }, 'operation: expected "METHOD /path"'],
    [{ kind: 'reset', topic: 'v2.**' }, 'Unrecognized key: "topic"'],
    [{ kind: 'drop-frame', operation: 'GET /x' }, 'Unrecognized key: "operation"'],
    [{ kind: 'latency', latency: { distribution: 'uniform', minMs: 9, maxMs: 1 } }, 'minMs'],
    [JSON.parse('{"kind":"reset","__proto__":{"times":1}}'), '__proto__'],
  ])('refuses %j and says why', ([rule, why]) => {
    const chaos = chaosWith();
    expect(() => chaos.add(rule)).toThrow(String(why));
    expect(chaos.list()).toEqual([]);
  });

  it('refuses an id that is taken, and takes it again once the rule is removed', () => {
    const chaos = chaosWith({ id: 'cut', kind: 'reset' });
    expect(() => chaos.add({ id: 'cut', kind: 'silence' })).toThrow('fault rule "cut" already');
    expect(chaos.remove('cut')).toBe(true);
    expect(chaos.remove('cut')).toBe(false);
    expect(chaos.add({ id: 'cut', kind: 'silence' })).toMatchObject({ commits: false });
  });
});
