import type { AttributeEntry, Digest } from '../../domain/attribute-entry.ts';
import type { Attributes } from '../../domain/attributes.ts';
import { findParticipant, type Conversation } from '../../domain/conversation.ts';
import type { ParticipantId } from '../../domain/ids.ts';
import type { PortCall } from '../platform-port.ts';
import type { ProofEvent, WantEvent } from '../proof/event.ts';
import type { Digester } from '../proof/digest.ts';
import { memoryOf } from '../proof/memory.ts';
import { Board, nameOf } from './board.ts';
import type { WritebackDeps, WritebackInput } from './input.ts';
import { eventsOf } from './observed-events.ts';
import { isFlowRunning } from './sight.ts';

/** What one turn knows and has still to do. */
export class TurnState {
  readonly input: WritebackInput;
  readonly deps: WritebackDeps;
  readonly board: Board;
  readonly beganAt: number;
  conversation: Conversation | undefined;
  /** The conversation is as it was some time ago; see `Sight`. */
  isOld = false;
  /** The conversation's secure attributes, once they were read. */
  secure: Attributes | undefined;
  ended: boolean;
  /** What it was given is still being taken in. */
  isBeginning = true;
  /** Names of entries that asked for a read. */
  readonly readers: Set<string> = new Set();
  /** Names of entries that are to be emptied with the next PATCH. */
  readonly wipes: Set<string> = new Set();
  readonly needsValues: Map<string, { participantId: ParticipantId; key: string }> = new Map();
  wantsResolve = false;
  platformRequests = 0;
  proofRequests = 0;
  /** The platform's ids of the requests that this turn sent. */
  readonly correlationIds: string[] = [];

  constructor(input: WritebackInput, deps: WritebackDeps) {
    this.input = input;
    this.deps = { ...deps, digest: remembering(deps.digest) };
    this.beganAt = deps.now();
    this.conversation = input.seen?.conversation;
    this.ended = input.ended === true;
    this.board = new Board({ entries: input.entries, settings: deps.config, now: deps.now });
  }

  /** Steps one entry and takes down what it asks for. */
  step(entry: AttributeEntry, event: ProofEvent): void {
    for (const action of this.board.step(entry, event)) {
      if (action.kind === 'read') this.readers.add(nameOf(entry));
      if (action.kind === 'resolve') this.wantsResolve = true;
      if (action.kind === 'move') this.#move(entry, action.to);
      const isWipe = this.board.get(entry)?.state === 'wiping';
      if (action.kind === 'patch' && isWipe) this.wipes.add(nameOf(entry));
    }
  }

  stepAll(toEvent: (entry: AttributeEntry) => ProofEvent | undefined): void {
    for (const entry of this.board.entries) {
      const event = toEvent(entry);
      if (event !== undefined) this.step(entry, event);
    }
  }

  blank(entry: AttributeEntry): string {
    return this.deps.digest(entry.participantId, entry.key, '');
  }

  /** Takes in what was observed since the last time. */
  takeIn(): void {
    const { arrived, digest } = this.deps;
    for (const observation of arrived?.() ?? []) {
      if (observation.kind === 'ended') this.ended = true;
      for (const toEvent of eventsOf(observation, digest)) this.stepAll(toEvent);
    }
  }

  end(): void {
    this.ended = true;
    this.stepAll((entry) => ({ kind: 'ended', blank: this.blank(entry) }));
  }

  /** The platform does not know the conversation. */
  lose(): void {
    this.ended = true;
    this.stepAll(() => ({ kind: 'gone' }));
  }

  /** What a new want of this turn shares with every other one. */
  get wantDefaults(): Pick<WantEvent, 'covered' | 'flowRunning' | 'presumeOurs'> {
    const { conversation, input, isOld } = this;
    return {
      covered: input.covered,
      flowRunning: conversation === undefined || isOld ? undefined : isFlowRunning(conversation),
      presumeOurs: input.lookFirst !== undefined,
    };
  }

  /** The digest of what the participant was seen to hold; undefined when nobody looked. */
  current(participantId: ParticipantId, key: string): string | null | undefined {
    const participant =
      this.conversation === undefined || this.isOld
        ? undefined
        : findParticipant(this.conversation, participantId);
    if (participant === undefined) return undefined;
    const value = participant.attributes.get(key);
    return value === undefined ? null : this.deps.digest(participantId, key, value);
  }

  /** The same of a secure attribute. */
  currentSecure(participantId: ParticipantId, key: string): string | null | undefined {
    const value = this.secure?.get(key);
    if (this.secure === undefined) return undefined;
    return value === undefined ? null : this.deps.digest(participantId, key, value);
  }

  call(purpose: 'work' | 'guard' | 'proof'): PortCall {
    const lanes = { work: this.input.lane, guard: 'guard', proof: 'verify' } as const;
    return {
      signal: this.deps.signal,
      lane: lanes[purpose],
      onRequest: ({ correlationId }) => {
        if (correlationId !== undefined) this.correlationIds.push(correlationId);
        if (purpose === 'proof') this.proofRequests += 1;
        else this.platformRequests += 1;
      },
    };
  }

  /** The customer is another participant: the same value is wanted there, unless this turn wants another. */
  #move(entry: AttributeEntry, to: ParticipantId): void {
    const isWanted = this.input.targets.some(
      ({ participantId, wanted }) => participantId === to && wanted.has(entry.key),
    );
    if (isWanted) return;
    const value = this.#valueOf(entry);
    if (value === undefined) {
      this.needsValues.set(`${to}\n${entry.key}`, { participantId: to, key: entry.key });
      return;
    }
    const { conversationId, target, key, wipe, class: valueClass } = entry;
    const digest = this.deps.digest(to, key, value);
    this.deps.values.keep(digest, value, conversationId);
    this.board.want({
      kind: 'want',
      id: { conversationId, participantId: to, target, key },
      digest,
      class: valueClass,
      wipe,
      removal: memoryOf(entry).removal,
      asked: true,
      current: this.current(to, key),
      turn: memoryOf(entry).turn ?? this.input.turn,
      ...this.wantDefaults,
    });
  }

  /** From memory, or from the participant that it was written to. */
  #valueOf(entry: AttributeEntry): string | undefined {
    const { wanted, participantId, key } = entry;
    if (wanted === undefined) return undefined;
    const known = this.deps.values.get(wanted);
    if (known !== undefined || this.conversation === undefined) return known;
    const value = findParticipant(this.conversation, participantId)?.attributes.get(key);
    const isWanted = value !== undefined && this.deps.digest(participantId, key, value) === wanted;
    return isWanted ? value : undefined;
  }
}

/** A turn asks for the same few digests again and again. */
function remembering(digest: Digester): Digester {
  const known = new Map<string, Digest>();
  return (participantId, key, value) => {
    const name = `${participantId}\n${key}\n${value}`;
    const found = known.get(name) ?? digest(participantId, key, value);
    known.set(name, found);
    return found;
  };
}
