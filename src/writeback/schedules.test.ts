import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InDoubtError } from '../genesys/errors.ts';
import { judge } from './oracle.fixture.ts';
import type { PlatformPort } from './platform-port.ts';
import {
  OUR_KEYS,
  Schedule,
  THEIR_KEYS,
  type Delivery,
  type Happening,
  type Step,
} from './schedule.fixture.ts';
import { CONVERSATION, type Fate } from './turn/fake-platform.fixture.ts';

/** More runs on demand: `RAPPORT_SOAK=10000 npm run vitest -- src/writeback/schedules.test.ts`. */
const RUNS = Number(process.env['RAPPORT_SOAK'] ?? 60);
/** Long enough for every deadline but a wipe's, in milliseconds. */
const QUIET_MS = 100_000;

const ourKeys = fc.uniqueArray(fc.constantFrom(...OUR_KEYS), { minLength: 1, maxLength: 3 });
const fates: fc.Arbitrary<Fate> = fc.constantFrom<Fate[]>(
  'lost',
  'taken-unheard',
  'dropped',
  { status: 409, code: 'request.conflict' },
  { status: 429, code: 'too.many.requests' },
  { status: 503, code: 'service.unavailable' },
  { status: 403, code: 'missing.permissions' },
);
const deliveries: fc.Arbitrary<Delivery> = fc.oneof(
  fc.constant<Delivery>('twice'),
  fc.constant<Delivery>('never'),
  fc.integer({ min: 1, max: 3000 }).map((lateByMs) => ({ lateByMs })),
);

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: ourKeys.map((keys) => ({ kind: 'ask', keys }) as const) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...OUR_KEYS, ...THEIR_KEYS, ...THEIR_KEYS)
      .map((key) => ({ kind: 'other', key }) as const),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ forMs: fc.integer({ min: 100, max: 8000 }), writes: ourKeys })
      .map((flow) => ({ kind: 'flow', ...flow }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'transfer' } as const) },
  { weight: 3, arbitrary: fates.map((fate) => ({ kind: 'fate', fate }) as const) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 3 })
      .map((count) => ({ kind: 'no-reads', count }) as const),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, 50, 300, 1500).map((ms) => ({ kind: 'lag', ms }) as const),
  },
  { weight: 3, arbitrary: deliveries.map((delivery) => ({ kind: 'events', delivery }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'end' } as const) },
);

const schedules: fc.Arbitrary<readonly Step[]> = fc
  .array(fc.record({ at: fc.integer({ min: 0, max: 20_000 }), what: happenings }), {
    minLength: 2,
    maxLength: 14,
  })
  .map((steps) => [
    { at: 0, what: { kind: 'ask', keys: [...OUR_KEYS] } },
    ...steps.toSorted((a, b) => a.at - b.at),
  ]);

async function findWrongs(
  steps: readonly Step[],
  wrap?: (port: PlatformPort, schedule: Schedule) => PlatformPort,
): Promise<readonly string[]> {
  const schedule = new Schedule(wrap);
  await schedule.play(steps, QUIET_MS);
  if (schedule.record.endToldAt !== undefined) await schedule.play([], 700_000);
  return judge(schedule);
}

/** Whether some schedule shows that this platform client is wrong. */
async function isCaught(
  wrap: (port: PlatformPort, schedule: Schedule) => PlatformPort,
): Promise<boolean> {
  const { failed } = await fc.check(
    fc.asyncProperty(schedules, async (steps) => (await findWrongs(steps, wrap)).length === 0),
    { numRuns: 300, seed: 7, endOnFailure: true },
  );
  return failed;
}

describe('writeTurn and observe', () => {
  it(
    'lose no key, double none and tell the truth under any schedule',
    async () => {
      await fc.assert(
        fc.asyncProperty(schedules, async (steps) => {
          expect(await findWrongs(steps)).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * 1000,
  );
});

describe('judge', () => {
  it('catches a client that sends the whole map as it once read it', async () => {
    const caught = await isCaught((port, { rig }) => {
      const once = new Map<string, ReadonlyMap<string, string>>();
      return {
        ...bind(port),
        patchAttributes(target, changes, call) {
          const present = new Map(rig.platform.store.get(target.participantId));
          const map = once.get(target.participantId) ?? present;
          once.set(target.participantId, map);
          return port.patchAttributes(target, new Map([...map, ...changes]), call);
        },
      };
    });
    expect(caught).toBe(true);
  });

  it('catches a client that takes the answer for the proof', async () => {
    const caught = await isCaught((port, { rig }) => ({
      ...bind(port),
      async patchAttributes(target, changes, call) {
        await port.patchAttributes(target, changes, call);
        rig.tell({
          kind: 'attributes',
          conversationId: CONVERSATION,
          eventAt: rig.clock.wallMs() + rig.platform.skewMs,
          participantId: target.participantId,
          attributes: changes,
        });
      },
    }));
    expect(caught).toBe(true);
  });

  it('catches a client that sends again without looking', async () => {
    const caught = await isCaught((port) => ({
      ...bind(port),
      async patchAttributes(target, changes, call) {
        try {
          await port.patchAttributes(target, changes, call);
        } catch (error) {
          if (!(error instanceof InDoubtError)) throw error;
          await port.patchAttributes(target, changes, call);
        }
      },
    }));
    expect(caught).toBe(true);
  });
});

function bind(port: PlatformPort): PlatformPort {
  return {
    getConversation: (id, call) => port.getConversation(id, call),
    patchAttributes: (target, changes, call) => port.patchAttributes(target, changes, call),
    getSecureAttributes: (id, call) => port.getSecureAttributes(id, call),
    patchSecureAttributes: (id, changes, call) => port.patchSecureAttributes(id, changes, call),
    send: (request, call) => port.send(request, call),
  };
}
