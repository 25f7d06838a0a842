import type { ConversationId } from '../domain/ids.ts';
import { hasEnded } from '../domain/conversation.ts';
import type { Observation } from '../domain/observation.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { KnownConversation } from '../ledger/reading/records.ts';
import type { When } from '../ledger/sql/store.ts';
import { observe, type ObserveParts } from '../writeback/observe.ts';
import type { ToOutbox } from './analytics.ts';
import type { LiveTurns } from './live-turns.ts';
import type { OnProgress } from './progress.ts';
import { changedStates } from './turn/progress-of.ts';
import { toWrites } from './turn/settlement.ts';

/** What is asked of a known conversation. */
export type Remembered = Pick<
  KnownConversation,
  'entries' | 'phase' | 'fence' | 'dueAt' | 'feedSeq' | 'changedAt' | 'endedAt'
>;

/** How often an observation is weighed anew because something was recorded meanwhile. */
const MAX_ATTEMPTS = 5;

export interface ObserverParts {
  readonly ledger: Pick<Ledger, 'observe' | 'wake' | 'now'> & {
    lastSettled(id: ConversationId): Remembered | undefined;
    find(id: ConversationId, when?: When): Promise<Remembered | undefined>;
  };
  readonly writeback: Omit<ObserveParts, 'entries' | 'observation'>;
  readonly live: LiveTurns;
  readonly toOutbox: ToOutbox;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Weighs what the platform lets us see against what is remembered of a known conversation. Most of
 * it changes nothing, and then nothing is written. While a turn of this process has the conversation,
 * the observation is that turn's; while another instance has it, it only makes another look due.
 *
 * Observations of one conversation are weighed one after another, in the order in which they came:
 * what one of them changes is what the next is weighed against.
 */
export class Observer {
  readonly #parts: ObserverParts;
  /** The last observation of each conversation that is being weighed. */
  readonly #last = new Map<ConversationId, Promise<void>>();

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  async observe(observation: Observation): Promise<void> {
    const { conversationId } = observation;
    const before = this.#last.get(conversationId);
    const own =
      before === undefined ? this.#take(observation) : this.#takeAfter(before, observation);
    this.#last.set(conversationId, own);
    try {
      await own;
    } finally {
      if (this.#last.get(conversationId) === own) this.#last.delete(conversationId);
    }
  }

  async #takeAfter(before: Promise<void>, observation: Observation): Promise<void> {
    // Its failure is told to whoever brought it.
    await before.catch(() => undefined);
    await this.#take(observation);
  }

  async #take(observation: Observation): Promise<void> {
    if (!this.#parts.live.deliver(observation)) await this.#weigh(observation);
  }

  /** To be called when a turn is over: what came too late for it is weighed against what it settled. */
  async turnOver(conversationId: ConversationId): Promise<void> {
    for (const observation of this.#parts.live.end(conversationId)) await this.observe(observation);
  }

  async #weigh(observation: Observation): Promise<void> {
    const { ledger } = this.#parts;
    const { conversationId } = observation;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const known =
        ledger.lastSettled(conversationId) ?? (await ledger.find(conversationId, 'soon'));
      if (known === undefined || this.#isMoot(observation, known)) return;
      if ((await this.#record(observation, known)) !== 'stale') return;
      if (this.#parts.live.deliver(observation)) return;
      // Another instance has it: what it settles is not to be waited for here.
      if (known.phase === 'leased') break;
    }
    await ledger.wake({ conversationId, dueAt: ledger.now() });
  }

  /** Nothing was written, so that only the end matters, and only to a request that waits for its turn. */
  #isMoot(observation: Observation, { entries, phase }: Remembered): boolean {
    if (entries.length > 0) return false;
    return phase !== 'due' || endOf(observation, this.#parts.ledger.now()) === undefined;
  }

  async #record(
    observation: Observation,
    known: Remembered,
  ): Promise<'recorded' | 'stale' | 'nothing'> {
    const { ledger, writeback, toOutbox } = this.#parts;
    const { conversationId } = observation;
    const effects = observe({ ...writeback, entries: known.entries, observation });
    const endedAt = known.endedAt === undefined ? endOf(observation, ledger.now()) : undefined;
    if (!effects.matters && endedAt === undefined) return 'nothing';
    const recorded = await ledger.observe({
      ...toWrites(effects, { traceId: undefined, toOutbox, conversationId, at: ledger.now() }),
      conversationId,
      basis: known,
      nextDueAt: effects.nextDueAt,
      endedAt,
    });
    if (recorded === 'stale') return recorded;
    this.#parts.onProgress?.({
      conversationId,
      at: ledger.now(),
      entries: effects.entries,
      changed: changedStates(known.entries, effects.entries),
      answered: undefined,
      platformRequests: 0,
      proofRequests: 0,
    });
    return recorded;
  }
}

/** When the conversation ended, if this tells that it has: later requests are not to write to it. */
function endOf(observation: Observation, now: number): number | undefined {
  const isEnd =
    observation.kind === 'ended' ||
    (observation.kind === 'conversation' && hasEnded(observation.conversation));
  return isEnd ? (observation.eventAt ?? now) : undefined;
}
