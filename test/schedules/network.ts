import { WireError, type Wire, type WireRequest } from '../../src/genesys/transport/wire.ts';
import { sleep } from '../../src/lib/clock.ts';
import type { Stage } from './stage.ts';

/** One PATCH of attributes as it left. */
export interface Sent {
  readonly at: number;
  readonly store: 'participant' | 'secure';
  /** Who was the customer, where they are secure attributes. */
  readonly participantId: string;
  readonly changes: ReadonlyMap<string, string>;
  /** Whether the platform took it, whatever it answered; undefined while that is open. */
  isTaken: boolean | undefined;
  takenAt: number | undefined;
}

/** Carries requests between a client and the emulator, so many milliseconds each way. */
export class Network {
  readonly #stage: Stage;
  readonly #latencyMs: number;
  readonly sent: Sent[] = [];
  /** How many of the next writes are answered with 202 and not passed on. */
  swallows = 0;

  constructor(stage: Stage, latencyMs: number) {
    this.#stage = stage;
    this.#latencyMs = latencyMs;
  }

  readonly wire: Wire = (request) => {
    // What has left goes its way, whether or not somebody still waits for the answer.
    const answer = this.#exchange(request);
    return raceAbort(answer, request.signal);
  };

  async #exchange(request: WireRequest): Promise<Awaited<ReturnType<Wire>>> {
    const { clock } = this.#stage;
    const sent = this.#takeDown(request);
    await sleep(clock, this.#latencyMs);
    if (sent !== undefined && this.swallows > 0) {
      this.swallows -= 1;
      sent.isTaken = false;
      await sleep(clock, this.#latencyMs);
      return { status: 202, headers: new Map(), body: Buffer.alloc(0) };
    }
    const before = this.#stage.taken.length;
    const { secureVersion } = this.#stage;
    const { ending, headers } = await this.#stage.emulator.front({
      method: request.method,
      url: `${request.url.pathname}${request.url.search}`,
      headers: request.headers,
      body: Promise.resolve(Buffer.from(request.body ?? '')),
      isCutOff: () => false,
    });
    if (sent !== undefined) {
      sent.isTaken =
        sent.store === 'secure'
          ? this.#stage.secureVersion > secureVersion
          : this.#wasTaken(sent, before);
      if (sent.isTaken) sent.takenAt = this.#stage.clock.wallMs();
      if (sent.isTaken && sent.store === 'secure') this.#stage.takeDownSecure(sent.changes);
    }
    await sleep(clock, this.#latencyMs);
    if (ending.kind === 'silence') return new Promise(() => undefined);
    if (ending.kind === 'reset') {
      throw new WireError('broken', { isSent: true, message: 'the connection was reset' });
    }
    const { status, body } = ending.answer;
    return {
      status,
      headers: new Map(Object.entries(headers)),
      body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    };
  }

  #takeDown({ method, url, body = '{}' }: WireRequest): Sent | undefined {
    const store = url.pathname.endsWith('/secureattributes') ? 'secure' : 'participant';
    const participantId =
      store === 'secure'
        ? this.#stage.customer.id
        : /participants\/([^/]+)\/attributes$/.exec(url.pathname)?.[1];
    if (method !== 'PATCH' || participantId === undefined) return undefined;
    const { attributes } = JSON.parse(body) as { attributes: Record<string, string> };
    const at = this.#stage.clock.wallMs();
    const sent: Sent = {
      at,
      store,
      participantId,
      changes: new Map(Object.entries(attributes)),
      isTaken: undefined,
      takenAt: undefined,
    };
    this.sent.push(sent);
    return sent;
  }

  /** Whether a write with these changes was taken since there were so many. */
  #wasTaken({ participantId, changes }: Sent, since: number): boolean {
    return this.#stage.taken
      .slice(since)
      .some(
        (one) =>
          one.participantId === participantId &&
          [...changes].every(([key, value]) => one.changes.get(key) === value),
      );
  }
}

function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(new WireError('aborted', { isSent: true, message: 'aborted', cause: signal.reason }));
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    const done = (): void => signal.removeEventListener('abort', onAbort);
    work.then(resolve, reject).finally(done);
  });
}
