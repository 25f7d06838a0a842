import { describe, expect, it } from 'vitest';
import { RapportError } from '../../domain/errors.ts';
import type { ListenTargets } from '../../intake/listening/resolve-listen.ts';
import { silentLog, type Log } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { Listening, type ListeningParts, type Standing } from './listening.ts';

const NOTHING: ListenTargets = { queueIds: new Set(), userIds: new Set(), topics: [] };

const away = (): RapportError =>
  new RapportError({ code: 'ERR_AWAY', message: 'nobody answers', retryable: true });

/** Fails so often, then does what it is to do. */
function after<T>(failures: number, value: T): () => Promise<T> {
  let left = failures;
  return async () => {
    if ((left -= 1) >= 0) throw away();
    return value;
  };
}

interface Stage {
  readonly clock: ManualClock;
  readonly warnings: readonly unknown[];
  readonly parts: ListeningParts;
}

function createStage(parts: Partial<ListeningParts> = {}): Stage {
  const clock = new ManualClock(0);
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (event, fields) => void warnings.push([event, fields]) };
  return {
    clock,
    warnings,
    parts: {
      signIn: async () => undefined,
      resolve: async () => NOTHING,
      standFor: () => standing(),
      clock,
      random: () => 0,
      log,
      ...parts,
    },
  };
}

function standing(parts: Partial<Standing> = {}): Standing {
  return {
    firstLive: Promise.resolve(),
    isLive: () => true,
    async [Symbol.asyncDispose]() {},
    ...parts,
  };
}

describe('Listening', () => {
  it('waits for its sign-in when there is nothing to ask for, and says so once an attempt', async () => {
    const { clock, warnings, parts } = createStage({ signIn: after(2, undefined) });
    await using listening = new Listening(parts);
    await clock.advance(0);
    expect(listening.missing).toBe('sign-in');
    expect(listening.targets).toBe(NOTHING);
    await clock.advance(60_000);
    await listening.live;
    expect(listening.missing).toBeUndefined();
    expect(warnings).toEqual([
      ['genesys.waiting', expect.objectContaining({ attempt: 1, message: 'nobody answers' })],
      ['genesys.waiting', expect.objectContaining({ attempt: 2, message: 'nobody answers' })],
    ]);
  });

  it('misses its channel until that is open, whatever it waits for before, and when it is lost', async () => {
    const open = Promise.withResolvers<void>();
    let isLive = false;
    const { clock, parts } = createStage({
      resolve: after(1, NOTHING),
      standFor: () => standing({ firstLive: open.promise, isLive: () => isLive }),
    });
    await using listening = new Listening(parts);
    await clock.advance(0);
    expect(listening.missing).toBe('notification channel');
    expect(() => listening.targets).toThrow('has not told yet');
    await clock.advance(60_000);
    expect(listening.targets).toBe(NOTHING);
    expect(listening.missing).toBe('notification channel');
    isLive = true;
    open.resolve();
    await listening.live;
    expect(listening.missing).toBeUndefined();
    isLive = false;
    expect(listening.missing).toBe('notification channel');
  });

  it('has nobody listen before it is let in', async () => {
    const refused = new RapportError({ code: 'ERR_REFUSED', message: 'who are you' });
    let isStoodFor = false;
    const { parts, warnings } = createStage({
      signIn: () => Promise.reject(refused),
      standFor: () => {
        isStoodFor = true;
        return standing();
      },
    });
    await using listening = new Listening(parts);
    await expect(listening.live).rejects.toBe(refused);
    expect([isStoodFor, listening.missing, warnings]).toEqual([false, 'sign-in', []]);
  });

  it('leaves no timer when it is stopped while it waits', async () => {
    const { clock, parts } = createStage({ resolve: after(Number.POSITIVE_INFINITY, NOTHING) });
    const listening = new Listening(parts);
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(1);
    await listening[Symbol.asyncDispose]();
    expect(clock.pendingTimers).toBe(0);
  });
});
