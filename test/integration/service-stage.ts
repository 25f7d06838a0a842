import { configSchema, type RapportConfig } from '../../src/config/schema.ts';
import { startSampleCrm, type SampleCrm } from '../../src/demo/sample-crm.ts';
import { DEFAULT_ATTRIBUTES } from '../../src/enrich/options.ts';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import type { Progress } from '../../src/engine/progress.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startService, type Service, type ServiceParts } from '../../src/service/app.ts';
import { SIGN_IN } from '../fixtures/client.ts';

export const API_KEY = 'a-key-for-the-tests';

/** The world around the service. */
export interface Grounds extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly crm: SampleCrm;
}

export interface Running extends AsyncDisposable {
  readonly service: Service;
  /** Everything that has become durable, oldest first. */
  readonly progress: readonly Progress[];
  /** Resolves with the first progress, past or to come, that the predicate takes. */
  until(predicate: (progress: Progress) => boolean): Promise<Progress>;
}

export interface Stage extends Grounds, Running {}

export interface RunOptions {
  readonly store?: string | undefined;
  /** Asked again at each reload. */
  readonly config?: ((config: Record<string, unknown>) => Record<string, unknown>) | undefined;
  /** Comes up at once, listening or not. @defaultValue false: listens by then */
  readonly atOnce?: boolean | undefined;
  /** In the place of the machine's clock, a silent log and so on. */
  readonly parts?: Partial<ServiceParts> | undefined;
}

export interface StageOptions extends RunOptions {
  readonly emulator?: EmulatorOptions | undefined;
}

/** The whole service against the emulator and the sample CRM, as the demo runs it. */
export async function startStage({ emulator, ...options }: StageOptions = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const grounds = stack.use(await startGrounds(emulator));
  const running = stack.use(await startOn(grounds, options));
  const started = stack.move();
  return { ...grounds, ...running, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

export async function startGrounds(options: EmulatorOptions = {}): Promise<Grounds> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(await startEmulator({ attributes: { lagMs: 5 }, ...options }));
  const crm = stack.use(
    await startSampleCrm({ clock: systemClock, latencyMs: 1, slowMs: 600_000 }),
  );
  const started = stack.move();
  return { emulator, crm, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** A service of its own; several on one store are several instances. */
export async function startOn(grounds: Grounds, options: RunOptions = {}): Promise<Running> {
  const progress: Progress[] = [];
  const waiting = new Set<{ take: (seen: Progress) => void }>();
  const service = await startService(configFor(grounds, options), {
    clock: systemClock,
    random: () => 0,
    log: silentLog,
    loadConfig: () => configFor(grounds, options),
    ...options.parts,
    onProgress: (seen) => {
      progress.push(seen);
      for (const { take } of waiting) take(seen);
    },
  });
  if (options.atOnce !== true) await service.live;
  return {
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
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

function configFor({ emulator, crm }: Grounds, options: RunOptions): RapportConfig {
  const written = {
    genesys: {
      apiUrl: emulator.apiUrl,
      auth: SIGN_IN,
    },
    listen: { queues: ['Support', 'Sales'] },
    sources: {
      crm: {
        type: 'http',
        url: crm.urlTemplate,
        auth: { type: 'bearer', token: crm.token },
        timeoutMs: 10_000,
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

/** Asks the service with the key that may do everything. */
export function call(
  { service }: Pick<Running, 'service'>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${API_KEY}`);
  if (init.body !== undefined) headers.set('content-type', 'application/json');
  return fetch(`${service.url}${path}`, { ...init, headers });
}

export async function json(response: Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await response).json()) as Record<string, unknown>;
}

export const post = (body: unknown): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
});

/** Frames of an open stream, until one of them has the text. */
export async function framesUntil(response: Response, text: string): Promise<string[]> {
  let seen = '';
  for await (const chunk of response.body ?? []) {
    seen += Buffer.from(chunk).toString('utf8');
    if (seen.includes(text) && seen.endsWith('\n\n')) return seen.split('\n\n').filter(Boolean);
  }
  throw new Error(`the stream ended without ${text}: ${seen}`);
}
