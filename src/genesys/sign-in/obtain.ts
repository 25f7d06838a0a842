import type { Clock } from '../../lib/clock.ts';
import { sleep } from '../../lib/clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { SealedToken } from '../../domain/sharing.ts';
import type { Log } from '../../lib/log.ts';
import { seal, unseal } from './seal.ts';
import type { TokenShelf } from './token-shelf.ts';
import type { Grant, IssuedToken } from './token-source.ts';

/** A token, and how old it is already. */
export interface ObtainedToken {
  readonly value: string;
  readonly generation: number;
  /** Milliseconds; infinite when the platform gave no life time. */
  readonly lifeMs: number;
  readonly ageMs: number;
}

/** Gets a token of a later generation than `after`. */
export type Obtain = (after: number, signal: AbortSignal) => Promise<ObtainedToken>;

/** A token is renewed this long before its end, in milliseconds, or a tenth of its life if that is less. */
const RENEW_EARLY_MS = 300_000;

export function renewEarlyMs(lifeMs: number): number {
  return Math.min(RENEW_EARLY_MS, lifeMs / 10);
}

interface SignInParts {
  readonly grant: Grant;
  readonly log: Log;
}

/** Signs in for this instance alone. */
export function obtainAlone({ grant, log }: SignInParts): Obtain {
  return async (after, signal) => {
    const issued = await signIn({ grant, log }, signal);
    return { value: issued.value, generation: after + 1, lifeMs: lifeMsOf(issued), ageMs: 0 };
  };
}

export interface SharedSignInParts extends SignInParts {
  readonly shelf: TokenShelf;
  readonly clock: Clock;
  /** How long a sign-in is waited for, in milliseconds. */
  readonly timeoutMs: number;
  /** What the token is sealed with: whoever has it may sign in anyway. */
  readonly secret: (signal: AbortSignal) => Promise<string | Uint8Array>;
}

/** The right to sign in lasts so much longer than the sign-in is waited for, in milliseconds: the token has to be put there too. */
const PUTTING_MS = 20_000;
/** How often it is looked whether the other instance has signed in, in milliseconds. */
const LOOK_MS = 100;
/** The row needs an end; a token without one is looked at again after this long, in milliseconds. */
const ENDLESS_MS = 365 * 86_400_000;

/**
 * Takes the token that another instance has fetched, or signs in for all of them: whoever is first
 * to hold the right to, and the others wait for what comes of it.
 */
export function obtainShared(parts: SharedSignInParts): Obtain {
  const { shelf, clock, log, timeoutMs } = parts;
  return async (after, signal) => {
    for (;;) {
      signal.throwIfAborted();
      const secret = await parts.secret(signal);
      const kept = open(await shelf.read(), { after, secret, name: shelf.name });
      if (kept !== undefined) return kept;
      if (!(await shelf.hold(timeoutMs + PUTTING_MS))) {
        await sleep(clock, LOOK_MS, signal);
        continue;
      }
      try {
        const put = await putNew(parts, { after, secret, signal });
        if (put !== undefined) return put;
      } finally {
        await shelf.drop().catch((error: unknown) => {
          log.warn('genesys.sign-in.not-dropped', { message: messageOf(error) });
        });
      }
    }
  };
}

/** Undefined when the right was lost on the way and another instance was faster. */
async function putNew(
  parts: SharedSignInParts,
  { after, secret, signal }: { after: number; secret: string | Uint8Array; signal: AbortSignal },
): Promise<ObtainedToken | undefined> {
  const { shelf } = parts;
  // Between the look and the right to sign in another one may have done it.
  const last = await shelf.read();
  const kept = open(last, { after, secret, name: shelf.name });
  if (kept !== undefined) return kept;
  const issued = await signIn(parts, signal);
  const generation = Math.max(last?.generation ?? 0, after) + 1;
  const lifeMs = lifeMsOf(issued);
  const text = JSON.stringify({ value: issued.value, lifeMs: finite(lifeMs) });
  const sealed = seal(text, secret, boundTo(shelf.name, generation));
  const isFirst = await shelf.replace({ generation, sealed, lifeMs: finite(lifeMs) ?? ENDLESS_MS });
  return isFirst ? { value: issued.value, generation, lifeMs, ageMs: 0 } : undefined;
}

/** What is kept, if it is of use: newer than what was refused, and not about to end. */
function open(
  kept: SealedToken | undefined,
  wanted: { readonly after: number; readonly secret: string | Uint8Array; readonly name: string },
): ObtainedToken | undefined {
  if (kept === undefined || kept.generation <= wanted.after) return undefined;
  const text = unseal(kept.sealed, wanted.secret, boundTo(wanted.name, kept.generation));
  if (text === undefined) return undefined;
  // Sealed by an instance of this package: nobody else has the key.
  const { value, lifeMs = ENDLESS_MS } = JSON.parse(text) as { value: string; lifeMs?: number };
  if (kept.endsInMs <= renewEarlyMs(lifeMs)) return undefined;
  const ageMs = Math.max(0, lifeMs - kept.endsInMs);
  return { value, generation: kept.generation, lifeMs, ageMs };
}

const boundTo = (name: string, generation: number): string => `${name} ${generation}`;

const finite = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined);

async function signIn({ grant, log }: SignInParts, signal: AbortSignal): Promise<IssuedToken> {
  const issued = await grant.issue(signal);
  const { expiresInSeconds } = issued;
  log.info('genesys.signed-in', { grant: grant.type, expiresInSeconds });
  return issued;
}

function lifeMsOf({ expiresInSeconds }: IssuedToken): number {
  return (expiresInSeconds ?? Number.POSITIVE_INFINITY) * 1000;
}
