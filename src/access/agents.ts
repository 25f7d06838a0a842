import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import type { Principal } from './principal.ts';

/** How long the platform's word on a token is believed, in milliseconds; that it was revoked is noticed no sooner. */
const KNOWN_MS = 300_000;
/** The same where it said that the token is nobody's. */
const UNKNOWN_MS = 30_000;
const MAX_TOKENS = 10_000;

export interface AgentsOptions {
  /**
   * Whose access token of the platform this is; undefined when nobody's, or a service's. A user of
   * another organization is told by an id that is on no conversation of ours.
   */
  readonly whoIs: (token: string) => Promise<string | undefined>;
  readonly clock: Clock;
}

export interface IdentifyOptions {
  /** Whether the platform is asked about a token that was never known for somebody's. @defaultValue `true` */
  readonly asksNew?: boolean | undefined;
}

export interface Agents {
  /** Whether the platform has said of this header's token that it is somebody's, and not since that it is not. */
  knows(authorization: string | undefined): boolean;
  /** The person whose access token this `Authorization` header holds. Rejects when the platform cannot be asked. */
  identify(
    authorization: string | undefined,
    options?: IdentifyOptions,
  ): Promise<Principal | undefined>;
}

interface Known {
  readonly userId: Promise<string | undefined>;
  untilMs: number;
  /** Whether the platform said that it is somebody's. */
  isAgents: boolean;
}

/** Knows agents by their own access token of the platform, so that the desktop needs no key of ours. */
export function createAgents({ whoIs, clock }: AgentsOptions): Agents {
  // By digest: whoever reads this memory finds no token.
  const known = new LRUCache<string, Known>({ max: MAX_TOKENS });
  const ask = (digest: string, token: string): Known => {
    const untilMs = clock.monotonicMs() + KNOWN_MS;
    // Whose it was is believed while the platform is asked again.
    const isAgents = known.get(digest)?.isAgents ?? false;
    const asked: Known = { userId: whoIs(token), untilMs, isAgents };
    known.set(digest, asked);
    void keep(asked, digest);
    return asked;
  };
  const keep = async (asked: Known, digest: string): Promise<void> => {
    try {
      const userId = await asked.userId;
      asked.isAgents = userId !== undefined;
      if (userId === undefined) asked.untilMs = clock.monotonicMs() + UNKNOWN_MS;
    } catch {
      // Whoever asked is told; the next one asks again. Whose it was before is not forgotten for that.
      if (asked.isAgents) asked.untilMs = clock.monotonicMs();
      else known.delete(digest);
    }
  };
  return {
    knows(authorization) {
      const token = tokenOf(authorization);
      return token !== undefined && known.peek(digestOf(token))?.isAgents === true;
    },
    async identify(authorization, { asksNew = true } = {}) {
      const token = tokenOf(authorization);
      if (token === undefined) return undefined;
      const digest = digestOf(token);
      const before = known.get(digest);
      if (!asksNew && before?.isAgents !== true) return undefined;
      const isCurrent = before !== undefined && clock.monotonicMs() < before.untilMs;
      const current = isCurrent ? before : ask(digest, token);
      const userId = await current.userId;
      if (userId === undefined) return undefined;
      const believedForMs = current.untilMs - clock.monotonicMs();
      return { kind: 'user', userId, believedUntil: clock.wallMs() + believedForMs };
    },
  };
}

const tokenOf = (authorization: string | undefined): string | undefined =>
  /^bearer +(\S{8,8192})$/i.exec(authorization ?? '')?.[1];

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64');
