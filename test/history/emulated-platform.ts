import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  startEmulator,
  type Emulator,
  type EmulatorOptions,
  type Exchange,
  type InboundStart,
  type StartedConversation,
} from '../../src/emulator/index.ts';
import { emulatorFrames, type FrameMessage } from '../../src/emulator/diagnostics.ts';
import type { HistoryEvent, Written } from './history.ts';
import { sharedNow } from './watched.ts';

/** The header by which a request tells the process that sent it. */
export const INSTANCE_HEADER = 'x-test-instance';

/** Fault rules whose id begins so let the request take effect though its answer is an error. */
export const COMMITTED = 'committed-';

const READ = 'GET /api/v2/conversations/{conversationId}';
const WRITE =
  'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';

/** Room for every request of a rig: what the limits do is tested elsewhere. */
const LIMITS = { tokenPerWindow: 1_000_000, orgAppUserPerWindow: 1_000_000 };

/**
 * The emulator, with everything that it was asked to change or show about attributes taken down.
 * It runs in the test's own process, so that it outlives the processes that are killed.
 */
export class EmulatedPlatform implements AsyncDisposable {
  readonly history: HistoryEvent[];
  readonly #emulator: Emulator;
  readonly #stopListening: () => void;
  /** Called as soon as a write has taken effect, before its sender is answered. */
  onWritten: ((written: Written) => void) | undefined;

  private constructor(history: HistoryEvent[], emulator: Emulator) {
    this.history = history;
    this.#emulator = emulator;
    this.#stopListening = emulatorFrames.listen((message) => this.#recordFrame(message));
  }

  static async start(
    history: HistoryEvent[],
    options: EmulatorOptions = {},
  ): Promise<EmulatedPlatform> {
    const emulator = await startEmulator({
      attributes: { lagMs: [0, 20] },
      analytics: { queryDelayMs: 0 },
      limits: LIMITS,
      requestLogSize: 1_000,
      ...options,
      onExchange: (exchange) => platform.#record(exchange),
    });
    const platform = new EmulatedPlatform(history, emulator);
    return platform;
  }

  get url(): string {
    return this.#emulator.url;
  }

  get control(): Emulator['control'] {
    return this.#emulator.control;
  }

  /** A customer calls. */
  call(start: InboundStart = {}): StartedConversation {
    return this.control.start(start);
  }

  isLive(conversationId: string): boolean {
    const { participants } = this.control.conversation(conversationId);
    return participants.some(({ purpose, endTime }) => purpose === 'customer' && !endTime);
  }

  /** What a participant holds now. */
  attributes(conversationId: string, participantId: string): Readonly<Record<string, string>> {
    return this.control.attributes(conversationId, participantId);
  }

  /** Somebody else writes. */
  change(
    { conversationId, participantId }: StartedConversation,
    values: Readonly<Record<string, string>>,
  ): void {
    const at = sharedNow();
    this.history.push({ kind: 'changed', conversationId, participantId, values, at });
    this.control.writeAttributes(conversationId, values, participantId);
  }

  /** An access token for whoever has no client of the product. */
  async signIn(): Promise<string> {
    const credentials = `${DEFAULT_CLIENT_ID}:${DEFAULT_CLIENT_SECRET}`;
    const response = await fetch(`${this.url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    return token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    await this.#emulator[Symbol.asyncDispose]();
  }

  #recordFrame({ topicName, frame }: FrameMessage): void {
    if (!topicName.startsWith('v2.routing.queues.')) return;
    const { eventBody } = frame as { eventBody: { id: string } };
    const shown = attributesIn(eventBody);
    this.history.push({ kind: 'told', conversationId: eventBody.id, shown, at: sharedNow() });
  }

  #record(exchange: Exchange): void {
    const { operation, path, requestHeaders, requestBody, responseBody } = exchange;
    const [conversationId = '', , participantId = ''] =
      path.split('?')[0]?.split('/').slice(4) ?? [];
    const instance = requestHeaders[INSTANCE_HEADER] ?? 'unknown';
    const about = { instance, conversationId, at: sharedNow() };
    const isDone = exchange.status >= 200 && exchange.status < 300;
    if (operation === READ) {
      const shown = isDone ? attributesIn(responseBody) : undefined;
      this.history.push({ kind: 'read', ...about, shown });
    }
    const isCommitted = isDone || exchange.faults.some((id) => id.startsWith(COMMITTED));
    if (operation !== WRITE || !isCommitted) return;
    const { attributes: values } = requestBody as { attributes: Record<string, string> };
    const written: Written = { kind: 'written', ...about, participantId, values };
    this.history.push(written);
    this.onWritten?.(written);
  }
}

function attributesIn(body: unknown): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const { participants } = body as {
    participants: readonly { id: string; attributes?: Record<string, string> }[];
  };
  return new Map(participants.map(({ id, attributes }) => [id, attributes ?? {}]));
}
