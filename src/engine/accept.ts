import { RapportError } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { EnrichmentRequest } from '../domain/request.ts';
import type { Clock } from '../lib/clock.ts';
import type { Acceptance, Ledger } from '../ledger/ledger.ts';
import type { Place } from './worker.ts';

export interface AcceptOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Keeps a place for a turn, so that a conversation is claimed in the commit that accepts it. */
  readonly reserve?: ((request: EnrichmentRequest) => Place | undefined) | undefined;
  /** Most conversations that may wait for a turn. Default 100,000: what one night's outage piles up. */
  readonly depthLimit?: number | undefined;
}

const DEFAULT_DEPTH_LIMIT = 100_000;
/** How old the count of waiting conversations may be, in milliseconds. */
const COUNT_FOR_MS = 1_000;
/** What a client that was turned away is told to wait, in milliseconds. */
const RETRY_AFTER_MS = 5_000;

/** The service's front door to the ledger: durable when it resolves, closed when the line is too long. */
export class Acceptor {
  readonly #options: AcceptOptions;
  readonly #limit: number;
  /** What the last count found, and what was let in since that count began. */
  #counted = 0;
  #since = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | undefined;

  constructor(options: AcceptOptions) {
    this.#options = options;
    this.#limit = options.depthLimit ?? DEFAULT_DEPTH_LIMIT;
  }

  /**
   * @throws {RapportError} `ERR_LEDGER_FULL`, with `details.retryAfterMs`, when too many
   * conversations wait already; `ERR_LEDGER_WRITE` when the store does not take it
   */
  async accept(requests: readonly EnrichmentRequest[]): Promise<readonly Acceptance[]> {
    await this.#recount();
    if (this.#depth >= this.#limit) throw lineTooLong(this.#depth, this.#limit);
    this.#since += requests.length;
    const places = this.#reserveFor(requests);
    try {
      const { acceptances, claims } = await this.#options.ledger.acceptAndClaim(
        requests,
        new Set(places.keys()),
      );
      for (const claim of claims) {
        places.get(claim.conversationId)?.start(claim);
        places.delete(claim.conversationId);
      }
      return acceptances;
    } finally {
      for (const place of places.values()) place.release();
    }
  }

  /** Work that may wait goes through the line, where it is weighed against other work. */
  #reserveFor(requests: readonly EnrichmentRequest[]): Map<ConversationId, Place> {
    const places = new Map<ConversationId, Place>();
    // A turn begins to read while its claim is committed: in vain where the store takes no changes.
    if (this.#options.ledger.health.trouble !== undefined) return places;
    for (const request of requests) {
      const { conversationId, lane } = request;
      const isUrgent = lane === 'live' || lane === 'manual';
      if (!isUrgent || places.has(conversationId)) continue;
      const place = this.#options.reserve?.(request);
      if (place === undefined) break;
      places.set(conversationId, place);
    }
    return places;
  }

  get #depth(): number {
    return this.#counted + this.#since;
  }

  /** Near the limit the count is waited for; far from it, it is refreshed on the side. */
  async #recount(): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonicMs() - this.#countedAt < COUNT_FOR_MS) return;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
    if (this.#depth * 2 >= this.#limit) await this.#counting;
    // A failing store is told by the accept itself, which needs the same store.
    else this.#counting.catch(() => undefined);
  }

  async #count(): Promise<void> {
    const { ledger, clock } = this.#options;
    const before = this.#since;
    this.#counted = await ledger.depth();
    this.#since -= before;
    this.#countedAt = clock.monotonicMs();
  }
}

function lineTooLong(depth: number, limit: number): RapportError {
  return new RapportError({
    code: 'ERR_LEDGER_FULL',
    message: `${depth} conversations wait for enrichment, the limit is ${limit}`,
    nextStep:
      'Send the request again later; look at the rate budget and the sources if this lasts.',
    retryable: true,
    fault: 'ours',
    details: { retryAfterMs: RETRY_AFTER_MS, depth, limit },
  });
}
