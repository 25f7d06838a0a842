import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/postgres.ts';
import { FAST, isSoak } from '../../support/soak.ts';
import { of } from '../history.ts';
import type { PlantName } from '../plants.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { ServiceRig } from './service-rig.ts';

/** What takes longest is left to the soak; `planted.test.ts` has all of it with stubs of turns. */
/** A service with the bug takes two requests and is killed; a sound one works off what is left. */
async function liveWith(plant: PlantName | undefined, signal: AbortSignal): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-planted-'));
  try {
    const store = `sqlite:${join(folder, 'ledger.db')}`;
    await using rig = await ServiceRig.start({ store, random: seededRandom(1) });
    // Nobody listens to this call, so that nothing but the requests is accepted.
    const call = { ...rig.platform.call(), customer: rig.customer(1) };
    const planted = await rig.spawn(undefined, plant);
    for (const n of [1, 2]) {
      rig.wish(call, 'set');
      await rig.until('acknowledged', () => of(rig.history, 'acknowledged').length >= n, signal);
    }
    if (plant === 'withoutOutbox') await rig.settle(signal);
    planted.signal('SIGKILL');
    await planted.exited;
    await rig.spawn();
    await rig.settle(signal);
    return (await rig.verdict()).faults;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the checks of a service', () => {
  it.runIf(isSoak)('find nothing wrong with one that keeps its promises', async ({ signal }) => {
    expect(await liveWith(undefined, signal)).toEqual([]);
  });

  it('catch an acknowledgement that came before the commit', async ({ signal }) => {
    expect(await liveWith('earlyAnswer', signal)).toContainEqual(
      expect.stringMatching(/was acknowledged and is not in the ledger/),
    );
  });

  it('catch a settle that skips the outbox', async ({ signal }) => {
    expect(await liveWith('withoutOutbox', signal)).toContainEqual(
      expect.stringMatching(/has no outbox message/),
    );
  });

  it.runIf(isSoak)('catch a settle that does not look at its fence', async ({ signal }) => {
    await using database = await createTestDatabase();
    await using rig = await ServiceRig.start({
      store: database.url,
      random: seededRandom(1),
      timing: FAST,
    });
    const call = { ...rig.platform.call(), customer: rig.customer(1) };
    const asleep = { point: 'settle.begins', nth: 1, signal: 'SIGSTOP' } as const;
    const sleeper = await rig.spawn(asleep, 'withoutFence');
    rig.wish(call, 'set');
    await rig.until('written', () => of(rig.history, 'written').length > 0, signal);
    const other = await rig.spawn();
    const hasSettled = (instance: string) => () =>
      of(rig.history, 'ended').some((ended) => ended.instance === instance);
    await rig.until('taken over', hasSettled(other.instance), signal);
    sleeper.signal('SIGCONT');
    await rig.until('settled late', hasSettled(sleeper.instance), signal);
    await rig.settle(signal);
    expect((await rig.verdict()).faults).toContainEqual(
      expect.stringMatching(/answered \S+ under fence 1 and under 2|under fence 2 and under 1/),
    );
  });
});
