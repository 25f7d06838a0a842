import type { Attributes } from '../../domain/attributes.ts';
import { bareParticipant, type Conversation, type Participant } from '../../domain/conversation.ts';
import {
  parseConversationId,
  parseParticipantId,
  type ConversationId,
  type ParticipantId,
} from '../../domain/ids.ts';
import type { Observation } from '../../domain/observation.ts';
import { InDoubtError, PlatformError } from '../../genesys/errors.ts';
import { sleep } from '../../lib/clock.ts';
import type { ManualClock } from '../../lib/manual-clock.ts';
import type { PlatformPort, PortCall, PortRequest } from '../platform-port.ts';

/** What happens to one PATCH. */
export type Fate =
  | 'ok'
  /** Taken, and the answer lost. */
  | 'taken-unheard'
  /** Lost on the way. */
  | 'lost'
  /** Accepted, and never applied. */
  | 'dropped'
  | { readonly status: number; readonly code: string };

export const CONVERSATION: ConversationId = parseConversationId('conversation-1');
export const CUSTOMER: ParticipantId = parseParticipantId('customer-1');

/** One value that came to stand in the store. */
export interface Applied {
  readonly at: number;
  readonly participantId: ParticipantId;
  readonly key: string;
  readonly value: string;
  readonly by: 'us' | 'other' | 'flow';
}

/** One PATCH of ours as it left. */
export interface Sent {
  readonly at: number;
  readonly participantId: ParticipantId;
  readonly changes: Attributes;
  readonly fate: Fate;
}

/** A platform of one conversation: merges per key, applies after a lag, in order, and tells events. */
export class FakePlatform implements PlatformPort {
  readonly clock: ManualClock;
  readonly store: Map<ParticipantId, Map<string, string>> = new Map();
  readonly purposes: Map<ParticipantId, string> = new Map();
  readonly secure: Map<string, string> = new Map();
  readonly left: Set<ParticipantId> = new Set();
  /** Every request, in the order it left. */
  readonly log: string[] = [];
  readonly patches: Sent[] = [];
  readonly history: Applied[] = [];
  /** Fates of the next PATCHes; `ok` when empty. */
  readonly fates: Fate[] = [];
  /** Fates of the next reads: true fails. */
  readonly readFailures: boolean[] = [];
  lagMs = 300;
  latencyMs = 20;
  /** How long a write waits before it leaves. */
  roomAfterMs = 0;
  /** From taking a write to its answer. */
  answerMs = 0;
  ended = false;
  gone = false;
  flowRunning = false;
  #lastApplyAt = 0;
  onObservation: (observation: Observation) => void = () => undefined;
  /** The platform's clock is not ours. */
  skewMs = 123_456;

  constructor(clock: ManualClock) {
    this.clock = clock;
    this.join(CUSTOMER, 'customer');
  }

  join(id: ParticipantId, purpose: string): void {
    this.store.set(id, new Map());
    this.purposes.set(id, purpose);
  }

  /** A change that is not ours, at once. */
  set(
    participantId: ParticipantId,
    key: string,
    value: string,
    by: 'other' | 'flow' = 'other',
  ): void {
    this.#apply(participantId, new Map([[key, value]]), by);
  }

  valueOf(key: string, participantId: ParticipantId = CUSTOMER): string | undefined {
    return this.store.get(participantId)?.get(key);
  }

  async getConversation(_id: unknown, call: PortCall): Promise<Conversation> {
    await this.#travel('getConversation', call);
    if (this.gone) throw failure(404, 'not.found');
    if (this.readFailures.shift() === true) throw failure(503, 'service.unavailable');
    return this.conversation();
  }

  async patchAttributes(
    target: { readonly participantId: ParticipantId },
    changes: Attributes,
    call: PortCall,
  ): Promise<void> {
    const { participantId } = target;
    await sleep(this.clock, this.roomAfterMs, call.signal);
    call.beforeSend?.();
    const fate = this.fates.shift() ?? 'ok';
    this.patches.push({ at: this.clock.wallMs(), participantId, changes, fate });
    await this.#travel('patchAttributes', call);
    if (typeof fate === 'object') throw failure(fate.status, fate.code);
    if (fate === 'lost') throw inDoubt();
    if (this.gone) throw failure(404, 'not.found');
    if (!this.store.has(participantId)) throw failure(404, PARTICIPANT_GONE);
    if (fate !== 'dropped') {
      // In the order in which they were taken, however the lag changes.
      const now = this.clock.wallMs();
      this.#lastApplyAt = Math.max(now + this.lagMs, this.#lastApplyAt);
      const delayMs = this.#lastApplyAt - now;
      this.clock.timer(delayMs, () => this.#apply(participantId, changes, 'us'));
    }
    await sleep(this.clock, this.answerMs, call.signal);
    if (fate === 'taken-unheard') throw inDoubt();
  }

  async getSecureAttributes(_id: unknown, call: PortCall): Promise<Attributes> {
    await this.#travel('getSecureAttributes', call);
    return new Map(this.secure);
  }

  async patchSecureAttributes(_id: unknown, changes: Attributes, call: PortCall): Promise<void> {
    await this.#travel('patchSecureAttributes', call);
    for (const [key, value] of changes) this.secure.set(key, value);
  }

  send(request: PortRequest): Promise<unknown> {
    throw new Error(`no such path in this platform: ${request.path}`);
  }

  conversation(): Conversation {
    const participants = [...this.store].map(([id, attributes]) =>
      this.#participant(id, this.purposes.get(id) ?? 'customer', attributes),
    );
    if (this.flowRunning) {
      participants.push(this.#participant(parseParticipantId('ivr-1'), 'ivr', new Map()));
    }
    const endedAt = this.ended ? this.clock.wallMs() + this.skewMs : undefined;
    return { id: CONVERSATION, startedAt: undefined, endedAt, participants };
  }

  #participant(id: ParticipantId, purpose: string, attributes: Attributes): Participant {
    return {
      ...bareParticipant(id, purpose),
      endedAt: this.left.has(id) ? this.clock.wallMs() + this.skewMs : undefined,
      attributes: new Map(attributes),
      communications: [
        {
          id: `${id}-leg`,
          media: 'voice',
          state: 'connected',
          direction: 'inbound',
          address: undefined,
          callbackNumbers: [],
          messageType: undefined,
          disconnectType: undefined,
        },
      ],
    };
  }

  #apply(participantId: ParticipantId, changes: Attributes, by: Applied['by']): void {
    const attributes = this.store.get(participantId);
    if (attributes === undefined) return;
    for (const [key, value] of changes) {
      attributes.set(key, value);
      this.history.push({ at: this.clock.wallMs(), participantId, key, value, by });
    }
    this.onObservation({
      kind: 'attributes',
      conversationId: CONVERSATION,
      eventAt: this.clock.wallMs() + this.skewMs,
      participantId,
      attributes: new Map(attributes),
    });
  }

  async #travel(operation: string, call: PortCall): Promise<void> {
    this.log.push(`${operation} ${call.lane}`);
    call.onRequest?.({ correlationId: `correlation-${this.log.length}` });
    await sleep(this.clock, this.latencyMs, call.signal);
  }
}

const PARTICIPANT_GONE = 'conversation.error.participant.not.found';

function failure(status: number, platformCode: string): PlatformError {
  return new PlatformError({
    code: 'ERR_GENESYS_TEST',
    message: `answered ${status} ${platformCode}`,
    operation: 'test',
    status,
    platformCode,
    retryable: status >= 500 || status === 429,
  });
}

function inDoubt(): InDoubtError {
  return new InDoubtError({ message: 'got no answer', operation: 'test' });
}
