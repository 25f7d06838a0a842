import { describe, expect, it } from 'vitest';
import { RapportError } from '../../domain/errors.ts';
import type { SealedToken } from '../../domain/sharing.ts';
import { sleep } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { createCachedTokenSource } from './cached-token-source.ts';
import { obtainShared } from './obtain.ts';
import type { TokenShelf } from './token-shelf.ts';
import type { Grant, TokenSource } from './token-source.ts';

const DAY_SECONDS = 86_400;

/** Several instances, each with its own view of one shelf, and a login that counts. */
class Rig {
  readonly clock = new ManualClock();
  signIns = 0;
  secret = 'the secret';
  timeoutMs = 10_000;
  /** How long a sign-in takes, in milliseconds. */
  takesMs = 200;
  /** What the next sign-in fails with. */
  fails: Error | undefined;
  #kept: (Omit<SealedToken, 'endsInMs'> & { readonly endsAtMs: number }) | undefined;
  #holder: { readonly of: string; readonly untilMs: number } | undefined;

  instance(id: string): TokenSource {
    const { clock } = this;
    const grant: Grant = {
      type: 'client-credentials',
      issue: async (signal) => {
        this.signIns += 1;
        const nth = this.signIns;
        await sleep(clock, this.takesMs, signal);
        if (this.fails !== undefined) throw this.fails;
        return { value: `token-${nth}`, expiresInSeconds: DAY_SECONDS };
      },
    };
    const secret = async (): Promise<string> => this.secret;
    const shelf = this.#shelf(id);
    const obtain = obtainShared({
      grant,
      log: silentLog,
      shelf,
      clock,
      timeoutMs: this.timeoutMs,
      secret,
    });
    return createCachedTokenSource({ obtain, clock, log: silentLog });
  }

  /** An instance takes the right to sign in, and its process ends. */
  dieSigningIn(): void {
    this.#holder = { of: 'dead', untilMs: this.clock.monotonicMs() + 30_000 };
  }

  #shelf(id: string): TokenShelf {
    const { clock } = this;
    return {
      name: 'client',
      read: async () =>
        this.#kept && { ...this.#kept, endsInMs: this.#kept.endsAtMs - clock.monotonicMs() },
      replace: async ({ generation, sealed, lifeMs }) => {
        if ((this.#kept?.generation ?? 0) >= generation) return false;
        this.#kept = { generation, sealed, endsAtMs: clock.monotonicMs() + lifeMs };
        return true;
      },
      hold: async (forMs) => {
        const nowMs = clock.monotonicMs();
        const holder = this.#holder;
        if (holder !== undefined && holder.of !== id && nowMs < holder.untilMs) return false;
        this.#holder = { of: id, untilMs: nowMs + forMs };
        return true;
      },
      drop: async () => {
        if (this.#holder?.of === id) this.#holder = undefined;
      },
    };
  }

  async all(instances: readonly TokenSource[]): Promise<readonly string[]> {
    const asked = Promise.all(instances.map((instance) => instance.get()));
    await this.clock.advance(1_000);
    return (await asked).map(({ value }) => value);
  }
}

describe('a token that instances share', () => {
  it('is fetched once for all of them', async () => {
    const rig = new Rig();
    const instances = ['a', 'b', 'c'].map((id) => rig.instance(id));
    expect(await rig.all(instances)).toEqual(['token-1', 'token-1', 'token-1']);
    expect(await rig.all([rig.instance('d')])).toEqual(['token-1']);
    expect(rig.signIns).toBe(1);
  });

  it('is fetched once more when all of them are refused with it', async () => {
    const rig = new Rig();
    const instances = ['a', 'b', 'c'].map((id) => rig.instance(id));
    await rig.all(instances);
    for (const instance of instances) instance.refuse(await instance.get());
    expect(await rig.all(instances)).toEqual(['token-2', 'token-2', 'token-2']);
    expect(rig.signIns).toBe(2);
  });

  it('is renewed once before it ends, and taken up by the others', async () => {
    const rig = new Rig();
    const instances = ['a', 'b'].map((id) => rig.instance(id));
    await rig.all(instances);
    await rig.clock.advance(DAY_SECONDS * 1000 - 299_000);
    expect(await rig.all(instances)).toEqual(['token-1', 'token-1']);
    expect(await rig.all(instances)).toEqual(['token-2', 'token-2']);
    expect(rig.signIns).toBe(2);
  });

  it('is fetched once however long the login takes, within what is waited for', async () => {
    const rig = new Rig();
    rig.timeoutMs = 60_000;
    rig.takesMs = 59_000;
    const asked = ['a', 'b'].map((id) => rig.instance(id).get());
    await rig.clock.advance(60_000);
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['token-1', 'token-1']);
  });

  it('is fetched by another instance once the one that was to sign in is long gone', async () => {
    const rig = new Rig();
    rig.dieSigningIn();
    const token = rig.instance('living').get();
    await rig.clock.advance(29_000);
    expect(rig.signIns).toBe(0);
    await rig.clock.advance(2_000);
    expect((await token).value).toBe('token-1');
  });

  it('is signed in for anew by who has another secret', async () => {
    const rig = new Rig();
    const old = rig.instance('old');
    await rig.all([old]);
    rig.secret = 'a new secret';
    expect(await rig.all([rig.instance('new')])).toEqual(['token-2']);
    expect(await rig.all([old])).toEqual(['token-1']);
  });

  it('lets the next instance try when one is refused at the login', async () => {
    const rig = new Rig();
    rig.fails = new RapportError({
      code: 'ERR_GENESYS_SIGN_IN_REFUSED',
      message: 'no',
      nextStep: 'look',
    });
    const [one, other] = [rig.instance('a'), rig.instance('b')];
    const refused = one.get();
    refused.catch(() => undefined);
    await rig.clock.advance(1_000);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_GENESYS_SIGN_IN_REFUSED' });
    rig.fails = undefined;
    expect(await rig.all([other])).toEqual(['token-2']);
  });
});
