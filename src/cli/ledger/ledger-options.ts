import type { RapportConfig } from '../../config/schema.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIdSource } from '../../lib/ids.ts';
import type { OpenLedgerOptions } from '../../ledger/open-ledger.ts';

/** How a command opens the ledger that its configuration names. */
export function ledgerOptionsOf({ store }: Pick<RapportConfig, 'store'>): OpenLedgerOptions {
  return { store, clock: systemClock, newId: createIdSource(systemClock), random: Math.random };
}
