import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Move } from '../../src/emulator/index.ts';
import { judgeLimit, judgeTopics, playAndJudge, type Step } from './oracles.ts';
import { setStage } from './stage.ts';

const RUNS = Number(process.env['RAPPORT_RUNS'] ?? 25);

const person = fc.constantFrom('Ada Agent', 'Ben Agent', 'Cleo Supervisor');
const queue = fc.constantFrom('Support', 'Sales');
const target = fc.oneof(
  fc.record({ queue }),
  fc.record({ user: person }),
  fc.record({ address: fc.constant('+15550100') }),
);

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('enqueue' as const), queue }),
  fc.record({ kind: fc.constant('alert' as const), user: person }),
  { arbitrary: fc.record({ kind: fc.constant('answer' as const), user: person }), weight: 3 },
  fc.record({ kind: fc.constant('decline' as const) }),
  target.map((to) => ({ kind: 'blind-transfer' as const, ...to })),
  { arbitrary: target.map((to) => ({ kind: 'consult' as const, ...to })), weight: 2 },
  fc.record({
    kind: fc.constantFrom(
      'complete-consult' as const,
      'cancel-consult' as const,
      'conference' as const,
      'connect' as const,
    ),
  }),
);

const attributes = fc.dictionary(
  fc.constantFrom('crm.tier', 'crm.customerId', 'reason', '__proto__', 'Ümlaut', ''),
  fc.string({ maxLength: 20 }),
  { minKeys: 1 },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: attributes.map((given) => ({ kind: 'write' as const, attributes: given })),
    weight: 4,
  },
  { arbitrary: move.map((given) => ({ kind: 'move' as const, move: given })), weight: 5 },
  { arbitrary: fc.nat(400).map((ms) => ({ kind: 'wait' as const, ms })), weight: 3 },
  { arbitrary: fc.constant({ kind: 'end' as const }), weight: 1 },
);

describe('property: whatever happens to a conversation', () => {
  it('no accepted key is lost, and the conversation is possible at every step', async () => {
    await using stage = await setStage({ attributes: { lagMs: [0, 300] } });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) =>
        playAndJudge(stage.emulator, steps),
      ),
      { numRuns: RUNS },
    );
  });

  it('a window grants what it allows and not one call more', async () => {
    await using stage = await setStage({ limits: { tokenPerWindow: 20 } });
    await judgeLimit(stage.emulator, 20);
    expect(stage.emulator.control.requests().some(({ status }) => status === 429)).toBe(true);
  });

  it('a channel hears of what it listens to and of nothing else', async () => {
    await using stage = await setStage();
    await judgeTopics(stage.emulator);
  });
});
