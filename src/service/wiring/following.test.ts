import { expect, it } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { openFollowing, type FollowedParts } from './following.ts';
import { RELOAD_NOTE } from '../reload/reloader.ts';

const loadConfig = (): never => {
  throw new Error('rapport.yaml: 2 problems');
};

it('says of a configuration that it cannot read by the word of another instance what it says by SIGHUP', async () => {
  const clock = new ManualClock(0);
  const lines: unknown[] = [];
  let told: string | undefined;
  const notes = { read: async (name: string) => (name === RELOAD_NOTE ? told : undefined) };
  await using stack = new AsyncDisposableStack();
  // Nothing else is asked for while the configuration is refused.
  const delivery = { states: () => new Map() };
  const parts = { ledger: { notes }, access: {}, delivery, stack } as unknown as FollowedParts;
  const config = {} as Parameters<typeof openFollowing>[0];
  const log = {
    ...silentLog,
    error: (event: string, fields?: object) => void lines.push([event, fields]),
  };
  openFollowing(config, { clock, random: Math.random, log, loadConfig }, parts);
  await clock.advance(2000);
  told = 'by another instance';
  await clock.advance(2000);
  expect(lines).toEqual([['configuration.not-read', { message: 'rapport.yaml: 2 problems' }]]);
});
