import { watchStore } from '../../engine/store-watch.ts';
import { createGenesysClient, type GenesysClient } from '../../genesys/client.ts';
import { createIdSource } from '../../lib/ids.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { ServiceParts } from '../app.ts';
import type { RapportConfig } from '../../config/schema.ts';
import { openServiceLedger } from './ledger.ts';
import { Mapping } from '../reload/mapping.ts';

/** The rooms that hold something open: files, sockets, pools. */
export interface Rooms {
  readonly ledger: Ledger;
  readonly client: GenesysClient;
  readonly mapping: Mapping;
  readonly newId: () => string;
}

/** Opens them; they close with the stack, the last one first. */
export async function openRooms(
  config: RapportConfig,
  parts: ServiceParts,
  stack: AsyncDisposableStack,
): Promise<Rooms> {
  const { clock, random, log, onRequest } = parts;
  const newId = createIdSource(clock);
  const ledger = stack.use(await openServiceLedger(config, parts));
  stack.use(watchStore({ ledger, clock, log }));
  // A lone process shares with nobody, and need not ask its store.
  const sharing = ledger.leases === 'beaten' ? ledger.sharing : undefined;
  const client = stack.use(
    createGenesysClient({ config: config.genesys, clock, random, log, onRequest, sharing }),
  );
  // Begun while the rest is opened, so that no conversation waits for it. `Listening` asks for it, too:
  // it joins this request, and says what came of it.
  client.signIn().catch(() => undefined);
  const mapping = stack.use(new Mapping(config, { client, clock, random, log }));
  stack.defer(ledger.onErasure(({ isKeyOf }) => mapping.forget(isKeyOf)));
  return { ledger, client, mapping, newId };
}
