import { loadConfig } from '../config/load.ts';
import { systemClock } from '../lib/clock.ts';
import { startService } from '../service/app.ts';
import type { CliIo } from './io.ts';
import { createLineLog } from './line-log.ts';
import { untilStopped } from './until-stopped.ts';

export interface ServiceRun {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Runs the service until the user stops it, then finishes or hands back what is under way. */
export async function runService(flags: ServiceRun, io: CliIo): Promise<void> {
  const { config, file } = loadConfig({
    file: flags.config,
    cwd: io.cwd,
    env: io.env,
  });
  const log = createLineLog({ write: io.err, clock: systemClock, json: flags.json === true });
  log.info('service.starting', { config: file ?? 'environment', store: schemeOf(config.store) });
  await using service = await startService(config, {
    clock: systemClock,
    random: Math.random,
    log,
    signal: io.signal,
    onProgress: ({ conversationId, answered, platformRequests }) => {
      if (answered === undefined) return;
      const { result, reason, traceId } = answered.outcome;
      log.info('conversation.settled', {
        conversationId,
        traceId,
        result,
        reason,
        platformRequests,
      });
    },
  });
  log.info('service.listening', { url: service.url });
  if (service.generatedKey !== undefined) {
    io.err(
      `No API key is configured. This one is good until the service stops:\n  ${service.generatedKey}\n`,
    );
  }
  await untilStopped(io.signal);
  log.info('service.stopping', {});
}

/** A PostgreSQL address holds a password. */
const schemeOf = (store: string): string => store.split(':', 1)[0] ?? store;
