import type { RapportConfig } from '../../config/schema.ts';
import { isRapportError, RapportError } from '../../domain/errors.ts';
import { ledgerIdOf } from '../../ledger/ledger-id.ts';
import { openLedgerReader } from '../../ledger/open-ledger.ts';
import { ledgerOptionsOf } from './ledger-options.ts';

/** Longest wait for an answer of a service on this machine, in milliseconds. */
const ANSWER_MS = 30_000;

export interface AskOptions {
  /** Requests with the same one are one, over restarts too. */
  readonly idempotencyKey?: string | undefined;
  /** Longest wait for the answer, in milliseconds. @defaultValue `30_000` */
  readonly answerMs?: number | undefined;
}

function withKey(init: RequestInit, apiKey: string, { idempotencyKey }: AskOptions): RequestInit {
  const headers = new Headers({
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
  });
  if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
  return { ...init, headers };
}

/** Of the ledger that the configuration names; undefined when no service has opened it yet. */
async function readLedgerId(config: Pick<RapportConfig, 'store'>): Promise<string | undefined> {
  await using ledger = await openLedgerReader(ledgerOptionsOf(config));
  const key = await ledger.readInstallationKey();
  return key && ledgerIdOf(key);
}

/** The HTTP interface of the service that runs with the same configuration on this machine. */
export class ServiceClient {
  readonly #url: string;
  readonly #apiKey: string | undefined;
  readonly #config: Pick<RapportConfig, 'store'>;
  #known: Promise<void> | undefined;

  constructor(config: Pick<RapportConfig, 'service' | 'store'>) {
    const { service } = config;
    const host = service.host === '0.0.0.0' || service.host === '::' ? '127.0.0.1' : service.host;
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${service.port}`;
    this.#apiKey = service.apiKey;
    this.#config = config;
  }

  /** @throws {RapportError} what the service says, or that it cannot be reached */
  post(path: string, body: unknown, options: AskOptions = {}): Promise<unknown> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) }, options);
  }

  patch(path: string, body: unknown): Promise<unknown> {
    return this.#ask(path, { method: 'PATCH', body: JSON.stringify(body) });
  }

  /** What a service answers that may run or not; undefined when none is reached or the key is not good. */
  async tryGet(path: string): Promise<unknown> {
    try {
      return await this.#ask(path, { method: 'GET' });
    } catch (error) {
      if (isRapportError(error)) return undefined;
      throw error;
    }
  }

  async #ask(path: string, init: RequestInit, options: AskOptions = {}): Promise<unknown> {
    if (this.#apiKey === undefined) {
      throw new RapportError({
        code: 'ERR_SERVICE_KEY',
        message: 'a service holds the ledger, and no API key for it is configured',
        nextStep: 'Set RAPPORT_API_KEY to the service’s key, or stop the service first.',
      });
    }
    await (this.#known ??= this.#assertService());
    const response = await this.#fetch(path, withKey(init, this.#apiKey, options), options);
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    throw refused(this.#url, response.status, answer);
  }

  /** Another program, or service, at this address is sent no key, and its 200 would pass for a person erased. */
  async #assertService(): Promise<void> {
    const response = await this.#fetch('/healthz', { method: 'GET' });
    const answer: unknown = await response.json().catch(() => undefined);
    const isService =
      typeof answer === 'object' &&
      answer !== null &&
      'status' in answer &&
      answer.status === 'alive';
    if (!isService) throw unreachable(`what answers at ${this.#url} is another program`);
    const theirs = 'ledger' in answer ? answer.ledger : undefined;
    if (theirs !== (await readLedgerId(this.#config))) {
      throw unreachable(`the service at ${this.#url} is that of another ledger`);
    }
  }

  async #fetch(
    path: string,
    init: RequestInit,
    { answerMs = ANSWER_MS }: AskOptions = {},
  ): Promise<Response> {
    try {
      return await fetch(`${this.#url}${path}`, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(answerMs),
      });
    } catch (error) {
      throw unreachable(`no service answers at ${this.#url}`, error);
    }
  }
}

function unreachable(why: string, cause?: unknown): RapportError {
  return new RapportError({
    code: 'ERR_SERVICE_UNREACHABLE',
    message: `a process holds the ledger, and ${why}`,
    nextStep: 'Give the host and port of that service (RAPPORT_HOST, RAPPORT_PORT), or stop it.',
    cause,
  });
}

function refused(url: string, status: number, answer: unknown): RapportError {
  const problem = typeof answer === 'object' && answer !== null ? answer : {};
  const detail = 'detail' in problem ? String(problem.detail) : `HTTP ${status}`;
  const nextStep = 'nextStep' in problem ? String(problem.nextStep) : undefined;
  return new RapportError({
    code: 'ERR_SERVICE_REFUSED',
    message: `the service at ${url} refused: ${detail}`,
    nextStep,
    details: { status },
  });
}
