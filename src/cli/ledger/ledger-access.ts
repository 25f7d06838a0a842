import { existsSync } from 'node:fs';
import type { RapportConfig } from '../../config/schema.ts';
import { isRapportError, RapportError } from '../../domain/errors.ts';
import type { Ledger, LedgerReader } from '../../ledger/ledger.ts';
import { openLedger, openLedgerReader, sqlitePathOf } from '../../ledger/open-ledger.ts';
import { ledgerOptionsOf } from './ledger-options.ts';
import { ServiceClient } from './service-client.ts';

/**
 * Opens the ledger to read, beside a running service or without one.
 *
 * @throws {RapportError} `ERR_LEDGER_IN_MEMORY`, `ERR_LEDGER_ABSENT`, `ERR_LEDGER_EMPTY`, and what a store cannot open for
 */
export async function readLedger(config: RapportConfig): Promise<LedgerReader> {
  assertKept(config);
  if (!isLedgerAtHand(config)) throw noLedgerYet(sqlitePathOf(config.store));
  return openLedgerReader(ledgerOptionsOf(config));
}

export interface Change<T> {
  /** How it is done on a ledger that nobody else holds, and on a shared one. */
  readonly direct: (ledger: Ledger) => Promise<T>;
  /** How a running service is asked, which alone may write to its SQLite file. */
  readonly throughService: (service: ServiceClient) => Promise<T>;
}

/** Changes the ledger, through the running service where that holds it. */
export async function changeLedger<T>(config: RapportConfig, change: Change<T>): Promise<T> {
  assertKept(config);
  let ledger: Ledger;
  try {
    ledger = await openLedger(ledgerOptionsOf(config));
  } catch (error) {
    if (!isRapportError(error) || error.code !== 'ERR_LEDGER_LOCKED') throw error;
    return change.throughService(new ServiceClient(config));
  }
  try {
    return await change.direct(ledger);
  } finally {
    await ledger[Symbol.asyncDispose]();
  }
}

/** Whether there is a ledger that outlives its process, made by an earlier one or shared. */
export function isLedgerAtHand({ store }: Pick<RapportConfig, 'store'>): boolean {
  if (!store.startsWith('sqlite:')) return true;
  return store !== IN_MEMORY && existsSync(sqlitePathOf(store));
}

const IN_MEMORY = 'sqlite::memory:';

function assertKept({ store }: Pick<RapportConfig, 'store'>): void {
  if (store !== IN_MEMORY) return;
  throw new RapportError({
    code: 'ERR_LEDGER_IN_MEMORY',
    message: `the store is ${IN_MEMORY}, which lives in the memory of the service and nowhere else`,
    nextStep: 'Ask the service over HTTP, or give it a store that is kept: sqlite:./rapport.db.',
  });
}

function noLedgerYet(path: string): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_ABSENT',
    message: `there is no ledger at ${path}`,
    nextStep:
      'rapport serve or rapport enrich makes it at its first start; check that store names theirs.',
  });
}
