import { loadConfig, type LoadedConfig } from '../../config/load.ts';
import type { RapportConfig } from '../../config/schema.ts';
import { secretsOf } from '../../config/secrets.ts';
import { isRapportError, messageOf } from '../../domain/errors.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { openLogFile, type LogFile } from '../../service/log/log-file.ts';
import { createServiceLog, type ServiceLog } from '../../service/log/service-log.ts';
import { openServiceLedger } from '../../service/wiring/ledger.ts';
import type { CliIo } from '../terminal/io.ts';
import { untilStopped } from '../terminal/until-stopped.ts';
import { packageVersion } from '../version.ts';
import { logProgress } from './log-progress.ts';
import { boundOldGeneration } from './old-generation.ts';
import { boundYoungGeneration } from './young-generation.ts';

export interface ServiceRun {
  readonly config?: string | undefined;
  /** Undefined: JSON unless a person reads the log at a terminal. */
  readonly json?: boolean | undefined;
}

/** Runs the service until the user stops it, then finishes or hands back what is under way. */
export async function runService(flags: ServiceRun, io: CliIo): Promise<void> {
  const loaded = loadConfig({ file: flags.config, cwd: io.cwd, env: io.env });
  await using file = io.log && openLogFile(io.log.descriptor, systemClock);
  const log = openLog(loaded, { flags, io, file });
  const reload = (): RapportConfig => {
    const { config } = loadConfig({ file: flags.config, cwd: io.cwd, env: io.env });
    log.hide(secretsOf(config));
    return config;
  };
  try {
    await serve(loaded, { log, reload }, io);
  } catch (error) {
    // Whoever collects the log learns there why it ends; a person is told once, by the command.
    if (formOf(flags, io) === 'json') log.error('service.failed', reasonOf(error));
    throw error;
  }
  log.info('service.stopped', file?.dropped ? { droppedLines: file.dropped } : {});
}

interface Serving {
  readonly log: Log;
  readonly reload: () => RapportConfig;
}

async function serve(
  { config, file }: LoadedConfig,
  { log, reload }: Serving,
  io: CliIo,
): Promise<void> {
  using bounds = new DisposableStack();
  const given = [...process.execArgv, io.env['NODE_OPTIONS']].join(' ');
  bounds.use(boundYoungGeneration(given));
  boundOldGeneration(given);
  log.info('service.starting', { config: file ?? 'environment', store: schemeOf(config.store) });
  const parts = { clock: systemClock, random: Math.random, log };
  // The store opens in a thread of its own, or elsewhere, while the rest of the service is loaded here.
  const [ledger, { startService }] = await Promise.all([
    openServiceLedger(config, parts),
    import('../../service/app.ts'),
  ]);
  await using service = await startService(config, {
    ...parts,
    openLedger: () => Promise.resolve(ledger),
    version: packageVersion(),
    loadConfig: reload,
    onProgress: (progress) => logProgress(log, progress),
  });
  log.info('service.listening', { url: service.url });
  if (service.generatedKey !== undefined) {
    io.err(
      `No API key is configured. This one is good until the service stops:\n  ${service.generatedKey}\n`,
    );
  }
  // A service that is refused says so where it ends, and one that is stopped before never was.
  service.live.then(
    () => log.info('service.ready'),
    () => undefined,
  );
  const stopHearing = io.onReload?.(() => {
    service.reload().catch((error: unknown) => {
      log.error('configuration.not-read', { message: messageOf(error) });
    });
  });
  await untilStoppedOrRefused(io.signal, service.live);
  stopHearing?.();
  log.info('service.stopping');
}

/** Rejects with what makes listening impossible; nothing is left then that would keep the process alive. */
async function untilStoppedOrRefused(signal: AbortSignal, live: Promise<void>): Promise<void> {
  const refused = new AbortController();
  live.catch((error: unknown) => refused.abort(error));
  await untilStopped(AbortSignal.any([signal, refused.signal]));
  refused.signal.throwIfAborted();
}

interface LogParts {
  readonly flags: ServiceRun;
  readonly io: CliIo;
  readonly file: LogFile | undefined;
}

function openLog({ config }: LoadedConfig, { flags, io, file }: LogParts): ServiceLog {
  return createServiceLog({
    write: (line) => (file === undefined ? io.err(line) : file.write(line)),
    clock: systemClock,
    level: config.service.logLevel,
    form: formOf(flags, io),
    secrets: secretsOf(config),
  });
}

const formOf = ({ json }: ServiceRun, { log }: CliIo): 'json' | 'text' =>
  (json ?? log?.isTerminal !== true) ? 'json' : 'text';

const reasonOf = (error: unknown): Record<string, unknown> => ({
  message: messageOf(error),
  ...(isRapportError(error) ? { code: error.code, nextStep: error.nextStep } : {}),
});

/** A PostgreSQL address holds a password. */
const schemeOf = (store: string): string => store.split(':', 1)[0] ?? store;
