import { configSchema, type RapportConfig } from '../../src/config/schema.ts';
import { startSampleCrm, type SampleCrm } from '../../src/demo/sample-crm.ts';
import { DEFAULT_ATTRIBUTES } from '../../src/enrich/options.ts';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  startEmulator,
  type Emulator,
  type EmulatorOptions,
} from '../../src/emulator/index.ts';
import type { Progress } from '../../src/engine/progress.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startService, type Service } from '../../src/service/app.ts';

export const API_KEY = 'a-key-for-the-tests';

export interface Stage extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly crm: SampleCrm;
  readonly service: Service;
  /** Everything that has become durable, oldest first. */
  readonly progress: readonly Progress[];
  /** Resolves with the first progress, past or to come, that the predicate takes. */
  until(predicate: (progress: Progress) => boolean): Promise<Progress>;
}

export interface StageOptions {
  readonly emulator?: EmulatorOptions | undefined;
  readonly store?: string | undefined;
  readonly config?: ((config: Record<string, unknown>) => Record<string, unknown>) | undefined;
}

/** The whole service against the emulator and the sample CRM, as the demo runs it. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(
    await startEmulator({ attributes: { lagMs: 5 }, ...options.emulator }),
  );
  const crm = stack.use(await startSampleCrm({ clock: systemClock, latencyMs: 1, slowMs: 5_000 }));
  const progress: Progress[] = [];
  const waiting = new Set<{ take: (seen: Progress) => void }>();
  const service = stack.use(
    await startService(configFor(emulator, crm, options), {
      clock: systemClock,
      random: () => 0,
      log: silentLog,
      signal: new AbortController().signal,
      onProgress: (seen) => {
        progress.push(seen);
        for (const { take } of waiting) take(seen);
      },
    }),
  );
  const started = stack.move();
  return {
    emulator,
    crm,
    service,
    progress,
    until(predicate) {
      const found = progress.find(predicate);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve) => {
        const waiter = {
          take(seen: Progress) {
            if (!predicate(seen)) return;
            waiting.delete(waiter);
            resolve(seen);
          },
        };
        waiting.add(waiter);
      });
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function configFor(emulator: Emulator, crm: SampleCrm, options: StageOptions): RapportConfig {
  const written = {
    genesys: {
      apiUrl: emulator.apiUrl,
      auth: {
        type: 'client-credentials',
        clientId: DEFAULT_CLIENT_ID,
        clientSecret: DEFAULT_CLIENT_SECRET,
      },
    },
    listen: { queues: ['Support', 'Sales'] },
    sources: {
      crm: {
        type: 'http',
        url: crm.urlTemplate,
        auth: { type: 'bearer', token: crm.token },
        timeoutMs: 300,
        retry: { retries: 0 },
      },
    },
    attributes: DEFAULT_ATTRIBUTES,
    store: options.store ?? 'sqlite::memory:',
    service: { port: 0, apiKey: API_KEY },
  };
  return configSchema.parse(options.config?.(written) ?? written);
}

/** Whether every key of a conversation is proved to be visible. */
export function isVisible(conversationId: string): (progress: Progress) => boolean {
  return (progress) =>
    progress.conversationId === conversationId &&
    progress.entries.length > 0 &&
    progress.entries.every((entry) => entry.state === 'visible');
}

/** Whether a request of this conversation was answered. */
export function isAnswered(conversationId: string): (progress: Progress) => boolean {
  return (progress) =>
    progress.conversationId === conversationId && progress.answered !== undefined;
}
