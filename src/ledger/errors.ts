import { isRapportError, messageOf, RapportError, type ErrorParts } from '../domain/errors.ts';

/** What a client is told to wait whose request the store did not take, in milliseconds. */
const RETRY_AFTER_MS = 2_000;

/** The store did not take a change; nothing of it remains, and nothing was acknowledged. */
export function writeFailed(error: unknown, store: string): RapportError {
  return new RapportError({
    ...reasonsOf(error),
    code: 'ERR_LEDGER_WRITE',
    message: `the ledger (${store}) did not take a change: ${messageOf(error)}`,
  });
}

/** The store did not answer a question that changes nothing. */
export function readFailed(error: unknown, store: string): RapportError {
  return new RapportError({
    ...reasonsOf(error),
    code: 'ERR_LEDGER_READ',
    message: `the ledger (${store}) could not be read: ${messageOf(error)}`,
  });
}

function reasonsOf(cause: unknown): Omit<ErrorParts, 'code' | 'message'> {
  return {
    nextStep: adviceFor(messageOf(cause)),
    retryable: true,
    fault: 'ours',
    cause,
    details: { retryAfterMs: RETRY_AFTER_MS },
  };
}

const FULL = /disk is full|no space/i;
const READ_ONLY = /readonly|read-only|permission/i;
const DISK = /disk i\/o error|unable to open database|malformed|not a database|database is locked/i;
/** SQLSTATE classes that blame the statement, not the server. */
const BY_STATEMENT = /^(21|22|23|25P|40|42)/;

/**
 * What a refused change says of the store itself, in words that may be shown to anybody; undefined
 * where it says something of the change alone.
 */
export function troubleOf(error: unknown): string | undefined {
  if (!isRapportError(error) || error.code !== 'ERR_LEDGER_WRITE') return undefined;
  const message = messageOf(error.cause);
  if (FULL.test(message)) return 'its disk is full';
  if (READ_ONLY.test(message)) return 'it cannot be written to';
  if (DISK.test(message)) return 'its disk fails';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  if (code !== undefined) return BY_STATEMENT.test(code) ? undefined : 'it cannot be reached';
  return /connect|terminated|timeout|rolled back/i.test(message)
    ? 'it cannot be reached'
    : undefined;
}

function adviceFor(message: string): string {
  if (FULL.test(message)) return 'Free space on the disk of the ledger.';
  if (READ_ONLY.test(message)) {
    return 'Make the ledger and its folder writable for the user who runs Rapport.';
  }
  return 'Check that the store is reachable and healthy; the work is retried by itself.';
}

export function ledgerLocked(path: string, holder: string): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_LOCKED',
    message: `the ledger ${path} is in use by ${holder}`,
    nextStep:
      'Stop that process, or give this one another store (store: in its file, else RAPPORT_STORE); several instances need postgres://….',
  });
}

/** `store` is a path, or an address without its password. */
export function ledgerUnusable(store: string, error: unknown): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_OPEN',
    message: `cannot open the ledger ${store}: ${messageOf(error)}`,
    nextStep: store.startsWith('postgres')
      ? 'Check that the server runs, and that address, database, user and password in store are right.'
      : 'Check that the folder exists and is writable, and that the store is a Rapport ledger.',
    cause: error,
  });
}

export function ledgerClosed(): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_CLOSED',
    message: 'the ledger is closed',
    nextStep: 'The service is shutting down; send the request to another instance or later.',
    retryable: true,
    fault: 'ours',
  });
}

export function ledgerTooNew(found: number, known: number): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_VERSION',
    message: `the ledger has schema version ${found}, this Rapport knows up to ${known}`,
    nextStep: 'Run the newer Rapport, or restore the backup that was made before it was started.',
  });
}

export function ledgerEmpty(store: string): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_EMPTY',
    message: `the ledger ${withoutPassword(store)} has no tables yet: nothing has been kept in it`,
    nextStep: 'Check that store names the ledger of the service; rapport migrate makes the tables.',
  });
}

const withoutPassword = (store: string): string => store.replace(/\/\/[^@/]*@/, '//');

export function unknownStore(store: string): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_STORE',
    message: `store must start with sqlite: or postgres://, got ${JSON.stringify(store.slice(0, 12))}`,
    nextStep:
      'Set store: sqlite:./rapport.db, or postgres://user@host/database for several instances.',
  });
}

/** Asked to be worked on again, and nobody had given it up. */
export function notSetAside(conversationId: string): RapportError {
  return new RapportError({
    code: 'ERR_NOT_SET_ASIDE',
    message: `conversation ${conversationId} is not set aside`,
    nextStep: 'List those that are with `rapport conversations list --phase dead`.',
    details: { httpStatus: 404 },
  });
}

/** An empty text or a few digits would be found in everybody's requests. */
export function namesNobody(kind: string): RapportError {
  return new RapportError({
    code: 'ERR_ERASE_KEY',
    message: `the given ${kind} names nobody`,
    nextStep: 'Give a whole phone number as E.164, such as +12125550101, or a customer’s id.',
  });
}

export function unknownDelivery(): RapportError {
  return new RapportError({
    code: 'ERR_UNKNOWN_DELIVERY',
    message: 'no dead or sent message has this id, or its body was erased',
    nextStep: 'List them with `rapport deliveries list`.',
    details: { httpStatus: 404 },
  });
}

/** A defect of the caller: a turn that answers requests must say what became of them. */
export function outcomeMissing(conversationId: string, open: number): RapportError {
  return new RapportError({
    code: 'ERR_OUTCOME_MISSING',
    message: `the turn of conversation ${conversationId} settles ${open} open requests without an outcome`,
    nextStep: 'This is a defect in Rapport; please report it.',
    fault: 'ours',
  });
}
