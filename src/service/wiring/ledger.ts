import type { RapportConfig } from '../../config/schema.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { openLedger } from '../../ledger/open-ledger.ts';
import { createIdSource } from '../../lib/ids.ts';
import type { ServiceParts } from '../app.ts';

/**
 * How long the end of a turn may wait for others, to share their commit, in milliseconds. Nobody waits
 * for it but who asked to, and at 200 enrichments a second it leaves one such commit for eight.
 */
const GATHER_MS = 20;

/** Opens the ledger as the service works on it. */
export function openServiceLedger(
  { store }: Pick<RapportConfig, 'store'>,
  parts: Pick<ServiceParts, 'clock' | 'random' | 'log' | 'openLedger'>,
): Promise<Ledger> {
  const { clock, random, log } = parts;
  const open = parts.openLedger ?? openLedger;
  return open({ store, clock, newId: createIdSource(clock), random, log, gatherMs: GATHER_MS });
}
