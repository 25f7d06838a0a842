import { isRapportError, messageOf, RapportError, type ErrorParts } from '../domain/errors.ts';

/** What a client is told to wait whose request the store did not take, in milliseconds. */
const RETRY_AFTER_MS = 2_000;

/** The store did not take a change; nothing of it remains, and nothing was acknowledged. */
export function writeFailed(error: unknown, store: string): RapportError {
  return new RapportError({
    ...reasonsOf(error, troubleIn(error)),
    code: 'ERR_LEDGER_WRITE',
    message: `the ledger (${store}) did not take a change: ${messageOf(error)}`,
  });
}

/** The store did not answer a question that changes nothing. */
export function readFailed(error: unknown, store: string): RapportError {
  // A question that takes too long may just be a long one.
  const trouble = messageOf(error) === READ_TIMEOUT ? undefined : troubleIn(error);
  return new RapportError({
    ...reasonsOf(error, trouble),
    code: 'ERR_LEDGER_READ',
    message: `the ledger (${store}) could not be read: ${messageOf(error)}`,
  });
}

/** A change is under way for so long that nobody can rely on the store. */
export function notAnswered(forMs: number): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_WRITE',
    message: `the ledger has not answered for ${forMs} ms`,
    nextStep: HEALTHY,
    retryable: true,
    fault: 'store',
    details: { trouble: 'it does not answer' },
  });
}

function reasonsOf(
  cause: unknown,
  trouble: Trouble | undefined,
): Omit<ErrorParts, 'code' | 'message'> {
  return {
    nextStep: trouble?.advice ?? HEALTHY,
    retryable: true,
    fault: trouble === undefined ? 'ours' : 'store',
    cause,
    details: { retryAfterMs: RETRY_AFTER_MS, trouble: trouble?.words },
  };
}

/** Something that is wrong with the store itself, in words that may be shown to anybody. */
interface Trouble {
  readonly words: string;
  readonly advice: string;
}

const HEALTHY = 'Check that the store is reachable and healthy; the work is retried by itself.';

const AWAY: Trouble = { words: 'it cannot be reached', advice: HEALTHY };
const NOT_LET_IN: Trouble = {
  words: 'it lets nobody in',
  advice: 'Check the user and the password in store, and the server’s pg_hba.conf.',
};

/** By the message, since SQLite has no more. */
const BY_MESSAGE: readonly (readonly [RegExp, Trouble])[] = [
  [
    /disk is full|no space/i,
    { words: 'its disk is full', advice: 'Free space on the disk of the ledger.' },
  ],
  [
    /readonly|read-only|permission/i,
    {
      words: 'it cannot be written to',
      advice: 'Make the ledger and its folder writable for the user who runs Rapport.',
    },
  ],
  [
    /disk i\/o error|unable to open database|malformed|not a database|database is locked/i,
    { words: 'its disk fails', advice: HEALTHY },
  ],
];

/** By the code that PostgreSQL gives. */
const BY_SQLSTATE: Readonly<Record<string, Trouble>> = {
  '25006': {
    words: 'it cannot be written to',
    advice:
      'Let store lead to the primary: this server is a standby, or read-only by its settings.',
  },
  '28000': NOT_LET_IN,
  '28P01': NOT_LET_IN,
  '42501': {
    words: 'it cannot be written to',
    advice: 'Let the user of store own its schema: it makes tables there, and works with them.',
  },
  '53300': {
    words: 'it takes no more connections',
    advice: 'Raise max_connections of the server: each instance takes up to 11.',
  },
};

/** SQLSTATE classes that blame the statement, not the server; so do a lock and a limit on time. */
const BY_STATEMENT = /^(21|22|23|25P|40|42|54|55P03|57014)/;
const READ_TIMEOUT = 'Query read timeout';

/** What a failure says of the store itself; undefined where it says something of the statement alone. */
function troubleIn(cause: unknown): Trouble | undefined {
  const message = messageOf(cause);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const [, byMessage] = BY_MESSAGE.find(([pattern]) => pattern.test(message)) ?? [];
  const told = (code === undefined ? undefined : BY_SQLSTATE[code]) ?? byMessage;
  if (told !== undefined) return told;
  if (code !== undefined) return BY_STATEMENT.test(code) ? undefined : AWAY;
  return /connect|terminated|timeout|rolled back/i.test(message) ? AWAY : undefined;
}

/** What is wrong with the store, by an error of it; undefined where that blames what was asked alone. */
export function troubleOf(error: unknown): string | undefined {
  if (!isRapportError(error) || error.fault !== 'store') return undefined;
  const { trouble } = error.details;
  return typeof trouble === 'string' ? trouble : undefined;
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
    nextStep: adviceAtOpen(store, troubleIn(error)),
    cause: error,
  });
}

function adviceAtOpen(store: string, trouble: Trouble | undefined): string {
  if (trouble !== undefined && trouble.advice !== HEALTHY) return trouble.advice;
  return store.startsWith('postgres')
    ? 'Check that the server runs, and that address, database, user and password in store are right.'
    : 'Check that the folder exists, that it and the file are writable for the user who runs Rapport, and that the file is a ledger of Rapport.';
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
