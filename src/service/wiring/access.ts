import { randomBytes } from 'node:crypto';
import { createKey, createKeyRing, type KeyRing } from '../../access/keys.ts';
import { SCOPES, type Principal } from '../../access/principal.ts';
import { createTickets, type Tickets } from '../../access/tickets.ts';
import type { RapportConfig } from '../../config/schema.ts';
import { RapportError } from '../../domain/errors.ts';
import type { Notes } from '../../ledger/instances/notes.ts';
import type { Clock } from '../../lib/clock.ts';

export interface Access {
  /** The key that was made here since none is configured; to be told once. */
  readonly generatedKey: string | undefined;
  readonly identify: (authorization: string | undefined) => Principal | undefined;
  readonly tickets: Tickets;
  /** @throws {RapportError} `ERR_NO_API_KEY` when these keys cannot be put in force */
  readonly check: (config: AccessConfig) => void;
  /** Puts other keys in force. @throws {RapportError} `ERR_NO_API_KEY` */
  readonly replace: (config: AccessConfig) => void;
}

type AccessConfig = Pick<RapportConfig, 'access' | 'service'>;

export interface AccessParts {
  readonly clock: Clock;
  /** Known to all instances on one ledger, and to nobody else. */
  readonly installationKey: Uint8Array;
  readonly notes: Pick<Notes, 'takeOnce'>;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Who may call. With no key configured a random one is made, and only this machine is listened to.
 *
 * @throws {RapportError} `ERR_NO_API_KEY`
 */
export function openAccess(config: AccessConfig, parts: AccessParts): Access {
  const { clock, installationKey, notes } = parts;
  const generatedKey = isConfigured(config)
    ? undefined
    : createKey({ name: 'generated', scopes: SCOPES }, randomBytes).key;
  const ringOf = ({ access, service }: AccessConfig): KeyRing => {
    if (!isConfigured({ access, service }) && !LOOPBACK.has(service.host)) {
      throw needsKey(service.host);
    }
    const masterKey = service.apiKey ?? generatedKey;
    return createKeyRing({ records: access.keys, masterKey, clock });
  };
  let ring = ringOf(config);
  return {
    generatedKey,
    identify: (authorization) => ring.identify(authorization),
    tickets: createTickets({
      clock,
      secret: installationKey,
      takeOnce: (id, forMs) => notes.takeOnce(id, forMs),
    }),
    check: (next) => void ringOf(next),
    replace(next) {
      ring = ringOf(next);
    },
  };
}

const isConfigured = ({ access, service }: AccessConfig): boolean =>
  service.apiKey !== undefined || access.keys.length > 0;

function needsKey(host: string): RapportError {
  return new RapportError({
    code: 'ERR_NO_API_KEY',
    message: `no API key is configured, and without one the service does not listen on ${host}`,
    nextStep:
      'Set RAPPORT_API_KEY, or keys under access: in the configuration; or listen on 127.0.0.1.',
  });
}
