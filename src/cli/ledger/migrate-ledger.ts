import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import type { CliIo } from '../terminal/io.ts';
import { changeLedger } from './ledger-access.ts';

/** Opening the ledger migrates it; a service that holds it has done so at its own start. */
export async function migrateLedger(flags: ConfigFlags, io: CliIo): Promise<void> {
  const text = await changeLedger(loadCliConfig(flags, io), {
    direct: () => Promise.resolve('The ledger is up to date.'),
    throughService: () =>
      Promise.resolve('A running service holds the ledger; it migrated it at its start.'),
  });
  io.out(`${text}\n`);
}
