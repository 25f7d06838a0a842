import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InDoubtError } from '../../src/genesys/errors.ts';
import { parseParticipantId } from '../../src/domain/ids.ts';
import type { PlatformPort } from '../../src/writeback/platform-port.ts';
import { judge } from './oracle.ts';
import { play } from './play.ts';
import { schedules } from './schedule.ts';
import type { WrapPort } from './service.ts';

/** `npm run soak:schedules` plays 10,000 of a new seed; `RAPPORT_SCHEDULES=500 RAPPORT_SEED=7` plays those. */
const RUNS = Number(process.env['RAPPORT_SCHEDULES'] ?? 40);
const SEED = Number(process.env['RAPPORT_SEED'] ?? (RUNS > 40 ? Date.now() % 2 ** 31 : 1));

/** Whether some schedule shows that this platform client is wrong. */
async function isCaught(wrap: WrapPort): Promise<boolean> {
  const { failed } = await fc.check(
    fc.asyncProperty(schedules, async (one) => judge(await play(one, wrap)).length === 0),
    { numRuns: 300, seed: 7, endOnFailure: true },
  );
  return failed;
}

describe('Rapport on the emulated platform', () => {
  it(
    `loses no key, doubles none and tells the truth under any schedule (seed ${SEED})`,
    async () => {
      await fc.assert(
        fc.asyncProperty(schedules, async (one) => {
          expect(judge(await play(one))).toEqual([]);
        }),
        // Shrinking may take an hour; the seed and path that are printed replay the failure and shrink it.
        { numRuns: RUNS, seed: SEED, endOnFailure: RUNS > 40 },
      );
    },
    60_000 + RUNS * 1000,
  );
});

describe('judge', () => {
  it('catches a client that sends the whole map as it once read it', async () => {
    const caught = await isCaught((port, { stage }) => {
      const once = new Map<string, ReadonlyMap<string, string>>();
      return {
        ...bind(port),
        patchAttributes(target, changes, call) {
          const { participantId } = target;
          const found = stage.conversation.participants.find(({ id }) => id === participantId);
          const map = once.get(participantId) ?? new Map(found?.attributes);
          once.set(participantId, map);
          return port.patchAttributes(target, new Map([...map, ...changes]), call);
        },
      };
    });
    expect(caught).toBe(true);
  });

  it('catches a client that takes the answer for the proof', async () => {
    const caught = await isCaught((port, service) => ({
      ...bind(port),
      async patchAttributes(target, changes, call) {
        await port.patchAttributes(target, changes, call);
        await service.weigh({
          kind: 'attributes',
          conversationId: service.conversationId,
          eventAt: service.stage.clock.wallMs(),
          participantId: parseParticipantId(target.participantId),
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
