import type { RapportConfig } from '../../config/schema.ts';
import { isRapportError } from '../../domain/errors.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIdSource } from '../../lib/ids.ts';
import type { ReloadReport } from '../../service/http/rooms.ts';
import { RELOAD_NOTE } from '../../service/reload/reloader.ts';
import { changeLedger, isLedgerAtHand } from '../ledger/ledger-access.ts';
import type { CliIo } from '../terminal/io.ts';
import { loadCliConfig, type ConfigFlags } from './load-configuration.ts';

/**
 * - `read`: the service read it again and says what changed. `told`: every instance on this store
 *   reads it within seconds, and says so in its log. `nobody`: no service runs on this store.
 */
export type Reloaded =
  | { readonly kind: 'read'; readonly report: ReloadReport }
  | { readonly kind: 'told' }
  | { readonly kind: 'nobody' };

/** Has the service read its configuration again. @throws {ConfigError} when it would be refused */
export async function reloadConfiguration(flags: ConfigFlags, io: CliIo): Promise<void> {
  const reloaded = await askToReload(loadCliConfig(flags, io));
  io.out(flags.json === true ? `${JSON.stringify(reloaded)}\n` : `${wordsFor(reloaded)}\n`);
}

/** @throws {RapportError} what the service says, or that it cannot be asked */
export async function askToReload(config: RapportConfig): Promise<Reloaded> {
  if (!isLedgerAtHand(config)) return { kind: 'nobody' };
  return await changeLedger<Reloaded>(config, {
    direct: async (ledger) => {
      // The lock of a SQLite file was free: nobody is there to read anything.
      if (ledger.leases === 'process') return { kind: 'nobody' };
      await ledger.notes.write(RELOAD_NOTE, createIdSource(systemClock)());
      return { kind: 'told' };
    },
    throughService: async (service) => ({
      kind: 'read',
      report: (await service.post('/v1/reload', {})) as ReloadReport,
    }),
  });
}

/** What became of a change to the configuration file that a running service should follow. */
export async function followUp(config: RapportConfig): Promise<string> {
  try {
    return wordsFor(await askToReload(config));
  } catch (error) {
    if (!isRapportError(error)) throw error;
    return `The service has not read it yet (${error.message}): run rapport config reload, or send it SIGHUP.`;
  }
}

function wordsFor(reloaded: Reloaded): string {
  switch (reloaded.kind) {
    case 'nobody':
      return 'No service runs on this store; the next start reads it.';
    case 'told':
      return 'Every instance on this store reads it within seconds, and says in its log what changed.';
    case 'read': {
      const { applied, needsRestart } = reloaded.report;
      const now = applied.length === 0 ? 'nothing changed' : `in force: ${applied.join(', ')}`;
      const later =
        needsRestart.length === 0 ? '' : `; only after a restart: ${needsRestart.join(', ')}`;
      return `The service has read it; ${now}${later}.`;
    }
  }
}
