import { watchStore } from '../../engine/store-watch.ts';
import { createGenesysClient, type GenesysClient } from '../../genesys/client.ts';
import { createIdSource } from '../../lib/ids.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { openLedger } from '../../ledger/open-ledger.ts';
import type { ServiceParts } from '../app.ts';
import type { RapportConfig } from '../../config/schema.ts';
import { Mapping } from './mapping.ts';
import { signInAhead } from './sign-in-ahead.ts';

/** The rooms that hold something open: files, sockets, pools. */
export interface Rooms {
  readonly ledger: Ledger;
  readonly client: GenesysClient;
  readonly mapping: Mapping;
  readonly newId: () => string;
}

/**
 * How long the end of a turn may wait for others, to share their commit, in milliseconds. Nobody waits
 * for it but who asked to, and at 200 enrichments a second it leaves one such commit for eight.
 */
const GATHER_MS = 20;

/** Opens them; they close with the stack, the last one first. */
export async function openRooms(
  config: RapportConfig,
  parts: ServiceParts,
  stack: AsyncDisposableStack,
): Promise<Rooms> {
  const { clock, random, log, onRequest } = parts;
  const newId = createIdSource(clock);
  const open = parts.openLedger ?? openLedger;
  const ledger = await open({
    store: config.store,
    clock,
    newId,
    random,
    log,
    gatherMs: GATHER_MS,
  });
  stack.use(ledger);
  stack.use(watchStore({ ledger, clock, log }));
  // A lone process shares with nobody, and need not ask its store.
  const sharing = ledger.leases === 'beaten' ? ledger.sharing : undefined;
  const client = stack.use(
    createGenesysClient({ config: config.genesys, clock, random, log, onRequest, sharing }),
  );
  stack.use(signInAhead(client, log));
  const mapping = stack.use(new Mapping(config, { client, clock, random, log }));
  stack.defer(ledger.onErasure(({ isKeyOf }) => mapping.forget(isKeyOf)));
  return { ledger, client, mapping, newId };
}
