import type { ConversationId, TraceId } from '../domain/ids.ts';
import { parseEnrichmentId, parseTraceId } from '../domain/ids.ts';
import type { Observation } from '../domain/observation.ts';
import type { EnrichmentRequest } from '../domain/request.ts';
import type { Acceptor } from '../engine/accept.ts';
import type { EventInlet } from '../intake/create-intake.ts';
import type { Ignored, RequestDraft } from '../intake/intake.ts';
import type { Acceptance } from '../ledger/ledger.ts';

export interface InletParts {
  readonly intake: EventInlet;
  readonly acceptor: Pick<Acceptor, 'accept'>;
  readonly observe: (observation: Observation) => Promise<void>;
  readonly follower: Follower;
  readonly newId: () => string;
}

/** Sees to it that a conversation's own events come in. */
export interface Follower {
  isFollowed(conversationId: ConversationId): boolean;
  /** `isShown`: a topic that is listened to shows it anyway. @returns whether its events will come */
  follow(conversationId: ConversationId, options?: { readonly isShown?: boolean }): boolean;
  unfollow(conversationId: ConversationId): void;
}

export interface Receipt extends Acceptance {
  readonly traceId: TraceId;
}

export interface EventReceipt {
  readonly accepted: readonly Receipt[];
  readonly observed: number;
  /** Why the event led to nothing. */
  readonly ignored: Ignored | undefined;
}

export interface TakeOptions {
  /** The delivery's own id, where it has one. */
  readonly messageId?: string | undefined;
  /** The event was kept for a while: what it shows of the conversation is read anew. */
  readonly isLate?: boolean | undefined;
}

/** The one way in: whatever the inlet, an event becomes durable requests and weighed observations. */
export class Inlet {
  readonly #parts: InletParts;
  /** Conversations that an event is being made durable of, each until it is. */
  readonly #taking = new Map<ConversationId, Promise<unknown>>();

  constructor(parts: InletParts) {
    this.#parts = parts;
  }

  /** Resolves once every request of the event is durable and every observation was weighed. */
  async take(
    body: unknown,
    { messageId, isLate = false }: TakeOptions = {},
  ): Promise<EventReceipt> {
    const { intake } = this.#parts;
    let taken = intake.take(body, messageId);
    if (taken.kind === 'ignored') return { accepted: [], observed: 0, ignored: taken };
    // Events of one beginning come together. Until the first of them is durable, each would be the first.
    const before = taken.requests.flatMap(
      ({ conversationId }) => this.#taking.get(conversationId) ?? [],
    );
    if (before.length > 0) {
      await Promise.allSettled(before);
      taken = intake.take(body, messageId);
      if (taken.kind === 'ignored') return { accepted: [], observed: 0, ignored: taken };
    }
    const accepted = await this.#takeIn(taken.requests, isLate);
    for (const observation of taken.observations) await this.#parts.observe(observation);
    return { accepted, observed: taken.observations.length, ignored: undefined };
  }

  /** Makes what an event asks for durable, and then remembers that it is. */
  async #takeIn(drafts: readonly RequestDraft[], isLate: boolean): Promise<readonly Receipt[]> {
    if (drafts.length === 0) return [];
    const { intake } = this.#parts;
    const asking = this.ask(drafts, { isLate }).then((accepted) => {
      intake.accepted(drafts);
      return accepted;
    });
    for (const { conversationId } of drafts) this.#taking.set(conversationId, asking);
    try {
      return await asking;
    } finally {
      for (const { conversationId } of drafts) {
        if (this.#taking.get(conversationId) === asking) this.#taking.delete(conversationId);
      }
    }
  }

  /** Makes requests durable, whoever asks. */
  async ask(
    drafts: readonly RequestDraft[],
    { isLate = false }: Pick<TakeOptions, 'isLate'> = {},
  ): Promise<readonly Receipt[]> {
    if (drafts.length === 0) return [];
    const requests = drafts.map((draft) => this.#complete(draft));
    const accepted = await this.#acceptFollowed(requests, isLate);
    return accepted.flatMap((acceptance, index) => {
      const request = requests[index];
      return request === undefined ? [] : [{ ...acceptance, traceId: request.traceId }];
    });
  }

  /** Followed before it is accepted, since the turn may write as soon as it is: the proof must not slip by. */
  async #acceptFollowed(
    requests: readonly EnrichmentRequest[],
    isLate: boolean,
  ): Promise<readonly Acceptance[]> {
    const { acceptor, follower } = this.#parts;
    const begun = new Set<ConversationId>();
    for (const { conversationId, body } of requests) {
      const wasFollowed = follower.isFollowed(conversationId);
      // A request that carries the conversation comes of a topic that shows it.
      const isShown = body.conversation !== undefined;
      if (follower.follow(conversationId, { isShown }) && !wasFollowed) begun.add(conversationId);
    }
    const keep = new Set<ConversationId>();
    try {
      const accepted = await acceptor.accept(isLate ? requests.map(withoutSnapshot) : requests);
      for (const { conversationId, duplicate, skipped } of accepted) {
        if (!duplicate && skipped === undefined) keep.add(conversationId);
      }
      return accepted;
    } finally {
      for (const id of begun) if (!keep.has(id)) follower.unfollow(id);
    }
  }

  #complete(draft: RequestDraft): EnrichmentRequest {
    const { newId } = this.#parts;
    const id = parseEnrichmentId(newId());
    return {
      ...draft,
      id,
      traceId: draft.traceId ?? parseTraceId(newId()),
      dedupeKey: draft.dedupeKey ?? id,
    };
  }
}

function withoutSnapshot(request: EnrichmentRequest): EnrichmentRequest {
  return { ...request, body: { ...request.body, conversation: undefined } };
}
