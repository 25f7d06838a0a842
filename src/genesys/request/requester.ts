import { RapportError, messageOf } from '../../domain/errors.ts';
import { createDeadline, joinSignals } from '../../lib/abort.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Budget, Permit, Sending } from '../budget/budget.ts';
import type { PlatformError } from '../errors.ts';
import { MAX_REQUEST_BYTES } from '../limits.ts';
import type { RequestEvent } from '../request-meter.ts';
import type { AccessToken, TokenSource } from '../sign-in/token-source.ts';
import { WireError, type Wire, type WireAnswer } from '../transport/wire.ts';
import { toNoAnswerError } from './no-answer-error.ts';
import type {
  CallOptions,
  PlatformAnswer,
  PlatformRequest,
  Requester,
} from './platform-request.ts';
import { readAnswer, type ReadAnswer } from './read-answer.ts';
import { planRetry, type RetryConfig } from './retry-policy.ts';

export interface RequesterOptions {
  readonly apiUrl: string;
  readonly wire: Wire;
  readonly tokens: TokenSource;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly retry: RetryConfig;
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
}

/**
 * The way of every request: permit from the budget, token, wire, and back: what the answer says
 * about the rate, then the answer itself or its error, and whether to try again.
 */
export function createRequester(options: RequesterOptions): Requester {
  return {
    async send(request, callOptions = {}) {
      using joined = joinSignals(callOptions.signal, options.closing);
      return await new Call(options, request, { ...callOptions, signal: joined.signal }).run();
    },
  };
}

type Outcome = { readonly answer: PlatformAnswer } | { readonly error: PlatformError };

/** One call with its attempts. */
class Call {
  readonly #context: RequesterOptions;
  readonly #request: PlatformRequest;
  readonly #options: CallOptions;
  readonly #signal: AbortSignal;
  readonly #body: string | undefined;
  readonly #isRepeatable: boolean;
  #attempt = 0;
  #token: AccessToken | undefined;

  constructor(
    context: RequesterOptions,
    request: PlatformRequest,
    options: CallOptions & { readonly signal: AbortSignal },
  ) {
    this.#context = context;
    this.#request = request;
    this.#options = options;
    this.#signal = options.signal;
    this.#body = serialize(request);
    this.#isRepeatable =
      request.isRepeatable ??
      (request.method === 'GET' || request.method === 'HEAD' || options.repeatChanges === true);
  }

  async run(): Promise<PlatformAnswer> {
    const { clock, retry, random, log } = this.#context;
    // A refused sign-in should not cost anybody a permit.
    await this.#context.tokens.get(this.#signal);
    const startedMs = clock.monotonicMs();
    let retries = 0;
    let permit = this.#options.permit;
    const renewed = new Set<number>();
    try {
      for (;;) {
        const outcome = await this.#try(permit);
        if ('answer' in outcome) return outcome.answer;
        const { error } = outcome;
        // After a 429 the given permit has its unit back; any other repetition takes one of its own.
        if (error.status !== 429) permit = undefined;
        if (this.#renewToken(error, renewed)) continue;
        const elapsedMs = clock.monotonicMs() - startedMs;
        const isRepeatable = this.#isRepeatable;
        const plan = planRetry({ error, retries, elapsedMs, isRepeatable, random }, retry);
        if (plan === undefined) throw error;
        retries += 1;
        const { traceId } = this.#options;
        log.debug('genesys.retry', {
          operation: this.#request.operation,
          traceId,
          ...plan,
          retries,
        });
        if (plan.delayMs > 0) await sleep(clock, plan.delayMs, this.#signal);
      }
    } finally {
      this.#own?.release();
    }
  }

  /** The permit that this call took for itself. */
  #own: Permit | undefined;

  async #try(given: Permit | undefined): Promise<Outcome> {
    const { budget, clock } = this.#context;
    const fromMs = clock.monotonicMs();
    const lane = this.#options.lane ?? this.#options.permit?.lane ?? 'manual';
    let permit = given;
    if (permit === undefined) {
      if (this.#own === undefined || this.#own.left === 0) {
        this.#own = await budget.whenRoom(lane, { cost: 1, signal: this.#signal });
      }
      permit = this.#own;
    }
    const sending = await permit.use(this.#request.operation, this.#signal);
    let token: AccessToken;
    try {
      token = await this.#context.tokens.get(this.#signal);
      this.#options.beforeSend?.();
    } catch (error) {
      sending.unsent();
      throw error;
    }
    this.#token = token;
    this.#attempt += 1;
    return this.#exchange(sending, token, { lane, waitedMs: clock.monotonicMs() - fromMs });
  }

  async #exchange(
    sending: Sending,
    token: AccessToken,
    event: Pick<RequestEvent, 'lane' | 'waitedMs'>,
  ): Promise<Outcome> {
    const { clock, timeoutMs } = this.#context;
    const sentMs = clock.monotonicMs();
    using deadline = createDeadline(clock, timeoutMs, this.#signal);
    let answer: WireAnswer;
    try {
      answer = await this.#context.wire({
        method: this.#request.method,
        url: this.#url(),
        headers: this.#headers(token),
        body: this.#body,
        signal: deadline.signal,
      });
    } catch (error) {
      if (!(error instanceof WireError)) {
        sending.lost();
        throw error;
      }
      if (error.isSent) sending.lost();
      else sending.unsent();
      if (error.isSent) this.#report(event, sentMs, undefined);
      return { error: this.#noAnswer(error) };
    }
    const read = readAnswer(this.#request, answer, {
      isRepeatable: this.#isRepeatable,
      nowWallMs: clock.wallMs(),
    });
    sending.answered(read.facts);
    this.#report(event, sentMs, read);
    return read.outcome;
  }

  /** The error of a lost answer; a caller who stopped it gets their own reason, unless it is in doubt. */
  #noAnswer(error: WireError): PlatformError {
    const isInDoubt = error.isSent && !this.#isRepeatable;
    if (this.#signal.aborted && !isInDoubt) throw this.#signal.reason;
    return toNoAnswerError({
      request: this.#request,
      error,
      apiUrl: this.#context.apiUrl,
      isRepeatable: this.#isRepeatable,
    });
  }

  /**
   * Whether a fresh token may help: once after a 401; once after a 403, and that at most once a
   * minute for all calls. Neither answer changed anything, so changes may be sent again too.
   */
  #renewToken(error: PlatformError, renewed: Set<number>): boolean {
    const token = this.#token;
    const status = error.status;
    if (token === undefined || status === undefined || renewed.has(status)) return false;
    if (status === 401) {
      renewed.add(status);
      this.#context.tokens.refuse(token);
      return true;
    }
    if (status !== 403) return false;
    renewed.add(status);
    return this.#context.tokens.renewAfterForbidden(token);
  }

  #url(): URL {
    const url = new URL(`${this.#context.apiUrl}${this.#request.path}`);
    for (const [name, value] of Object.entries(this.#request.query ?? {})) {
      const list = Array.isArray(value) ? value : [value];
      for (const item of list) if (item !== undefined) url.searchParams.append(name, String(item));
    }
    return url;
  }

  #headers(token: AccessToken): Record<string, string> {
    const { traceId } = this.#options;
    return {
      accept: 'application/json',
      authorization: `Bearer ${token.value}`,
      'user-agent': this.#context.userAgent,
      ...(this.#body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(traceId === undefined ? {} : { 'x-trace-id': traceId }),
    };
  }

  #report(
    parts: Pick<RequestEvent, 'lane' | 'waitedMs'>,
    sentMs: number,
    read: ReadAnswer | undefined,
  ): void {
    const event: RequestEvent = {
      ...parts,
      operation: this.#request.operation,
      method: this.#request.method,
      attempt: this.#attempt,
      status: read?.facts.status,
      durationMs: this.#context.clock.monotonicMs() - sentMs,
      traceId: this.#options.traceId,
      correlationId: read?.correlationId,
    };
    this.#options.meter?.add(event);
    try {
      this.#context.onRequest?.(event);
    } catch (error) {
      // Whoever counts must not be able to lose a write.
      this.#context.log.error('genesys.on-request-failed', { message: messageOf(error) });
    }
  }
}

function serialize(request: PlatformRequest): string | undefined {
  if (request.body === undefined) return undefined;
  const text = JSON.stringify(request.body);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_REQUEST_BYTES) return text;
  throw new RapportError({
    code: 'ERR_GENESYS_TOO_LARGE',
    message: `${request.operation} would send ${bytes} bytes; the platform takes ${MAX_REQUEST_BYTES}`,
    nextStep: 'Write fewer or shorter attributes.',
    details: { operation: request.operation, bytes, maxBytes: MAX_REQUEST_BYTES },
  });
}
