import type { ConversationId } from '../domain/ids.ts';
import type { Observation } from '../domain/observation.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { observe, type ObserveParts } from '../writeback/observe.ts';
import type { ToOutbox } from './analytics.ts';
import type { LiveTurns } from './live-turns.ts';
import type { OnProgress } from './progress.ts';
import { changedStates } from './turn/progress-of.ts';
import { toWrites } from './turn/settlement.ts';

export interface ObserverParts {
  readonly ledger: Ledger;
  readonly writeback: Omit<ObserveParts, 'entries' | 'observation'>;
  readonly live: LiveTurns;
  readonly toOutbox: ToOutbox;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Weighs what the platform lets us see against what is remembered of a known conversation. Most of
 * it changes nothing, and then nothing is written. While a turn of this process has the conversation,
 * the observation is that turn's; while another instance has it, it only makes another look due.
 */
export class Observer {
  readonly #parts: ObserverParts;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  async observe(observation: Observation): Promise<void> {
    if (this.#parts.live.deliver(observation)) return;
    await this.#weigh(observation);
  }

  /** To be called when a turn is over: what came too late for it is weighed against what it settled. */
  async turnOver(conversationId: ConversationId): Promise<void> {
    for (const observation of this.#parts.live.end(conversationId)) await this.observe(observation);
  }

  async #weigh(observation: Observation): Promise<void> {
    const { ledger, writeback, toOutbox } = this.#parts;
    const { conversationId } = observation;
    const known = await ledger.find(conversationId);
    if (known === undefined || known.entries.length === 0) return;
    const effects = observe({ ...writeback, entries: known.entries, observation });
    if (!effects.matters) return;
    const recorded = await ledger.observe({
      ...toWrites(effects, { traceId: undefined, toOutbox, conversationId, at: ledger.now() }),
      conversationId,
      basis: known,
      nextDueAt: effects.nextDueAt,
      endedAt: observation.kind === 'ended' ? (observation.eventAt ?? ledger.now()) : undefined,
    });
    if (recorded === 'stale') {
      await ledger.wake({ conversationId, dueAt: ledger.now() });
      return;
    }
    this.#parts.onProgress?.({
      conversationId,
      at: ledger.now(),
      entries: effects.entries,
      changed: changedStates(known.entries, effects.entries),
      answered: undefined,
      platformRequests: 0,
      proofRequests: 0,
    });
  }
}
