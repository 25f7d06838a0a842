import { randomBytes } from 'node:crypto';
import { createKey, createKeyRing, type KeyRing } from '../../access/keys.ts';
import { may, SCOPES, type Principal, type Scope } from '../../access/principal.ts';
import { createTickets, type TicketBearer, type Tickets } from '../../access/tickets.ts';
import type { RapportConfig } from '../../config/schema.ts';
import { RapportError } from '../../domain/errors.ts';
import type { Notes } from '../../ledger/instances/notes.ts';
import type { Clock } from '../../lib/clock.ts';

export interface Access {
  /** The key that was made here since none is configured; to be told once. */
  readonly generatedKey: string | undefined;
  readonly identify: (authorization: string | undefined) => Principal | undefined;
  /** Whether agents may come by their own access token of the platform. */
  readonly letsAgentsIn: () => boolean;
  /** Whether who was let in a while ago may still do this. */
  readonly stillMay: (principal: Principal, scope: Scope) => boolean;
  readonly tickets: Tickets;
  /** @throws {RapportError} `ERR_NO_API_KEY` when this cannot be put in force */
  readonly check: (config: AccessConfig) => void;
  /** Puts other keys in force. @throws {RapportError} `ERR_NO_API_KEY` */
  readonly replace: (config: AccessConfig) => void;
  /** Tells when somebody may have lost what they were allowed. */
  readonly onReplaced: (listener: () => void) => void;
}

type AccessConfig = Pick<RapportConfig, 'access' | 'service'>;

export interface AccessParts {
  readonly clock: Clock;
  /** Known to all instances on one ledger, and to nobody else. */
  readonly installationKey: Uint8Array;
  readonly notes: Pick<Notes, 'takeOnce'>;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

interface InForce {
  readonly ring: KeyRing;
  readonly agents: boolean;
}

/**
 * Closed by default: without any key one is made, and then nobody but this machine may be listened to.
 * A service that was started with a key is not left without one by a reload.
 *
 * @throws {RapportError} `ERR_NO_API_KEY`
 */
export function openAccess(config: AccessConfig, parts: AccessParts): Access {
  const { clock, installationKey, notes } = parts;
  if (!hasKey(config) && !LOOPBACK.has(config.service.host)) throw needsKey(config.service.host);
  const generatedKey = hasKey(config)
    ? undefined
    : createKey({ name: 'generated', scopes: SCOPES }, randomBytes).key;
  const from = (next: AccessConfig): InForce => {
    if (!hasKey(next) && generatedKey === undefined) throw losesLastKey();
    const { access, service } = next;
    const masterKey = hasKey(next) ? service.apiKey : generatedKey;
    return {
      ring: createKeyRing({ records: access.keys, masterKey, clock }),
      agents: access.agents,
    };
  };
  let inForce = from(config);
  const listeners: (() => void)[] = [];
  const isBelieved = (until: number): boolean => inForce.agents && clock.wallMs() < until;
  const recall = (bearer: TicketBearer): Principal | undefined => {
    if ('key' in bearer) {
      const key = inForce.ring.named(bearer.key);
      return key?.hash === bearer.hash ? key : undefined;
    }
    const { user: userId, until: believedUntil } = bearer;
    return isBelieved(believedUntil) ? { kind: 'user', userId, believedUntil } : undefined;
  };
  return {
    generatedKey,
    identify: (authorization) => inForce.ring.identify(authorization),
    letsAgentsIn: () => inForce.agents,
    stillMay(principal, scope) {
      if (principal.kind === 'user') {
        return isBelieved(principal.believedUntil) && may(principal, scope);
      }
      const key = inForce.ring.named(principal.name);
      return key?.hash === principal.hash && may(key, scope);
    },
    tickets: createTickets({
      clock,
      secret: installationKey,
      takeOnce: (id, forMs) => notes.takeOnce(id, forMs),
      recall,
    }),
    check: (next) => void from(next),
    replace(next) {
      inForce = from(next);
      for (const listener of listeners) listener();
    },
    onReplaced: (listener) => void listeners.push(listener),
  };
}

const hasKey = ({ access, service }: AccessConfig): boolean =>
  service.apiKey !== undefined || access.keys.length > 0;

function needsKey(host: string): RapportError {
  return new RapportError({
    code: 'ERR_NO_API_KEY',
    message: `no API key is configured, and without one the service does not listen on ${host}`,
    nextStep:
      'Set RAPPORT_API_KEY, or keys under access: in the configuration; or listen on 127.0.0.1.',
  });
}

function losesLastKey(): RapportError {
  return new RapportError({
    code: 'ERR_NO_API_KEY',
    message: 'the configuration has no key any more, which would lock everybody out',
    nextStep: 'Leave one in access.keys or service.apiKey. Nothing has changed.',
    details: { httpStatus: 422 },
  });
}
