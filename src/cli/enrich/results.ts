import {
  GIVEN_UP_STATES,
  OPEN_STATES,
  type AttributeState,
  type OutcomeResult,
  type OutcomeSummary,
  type SourceVerdict,
} from '../../domain/outcome.ts';
import type { Progress } from '../../engine/progress.ts';
import type { TakenBefore } from '../../service/batch.ts';

/** What one conversation of a run has come to. */
export interface Result {
  readonly conversationId: string;
  readonly traceId: string | undefined;
  readonly result: OutcomeResult | 'pending';
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly keys: ReadonlyMap<string, AttributeState>;
  readonly sources: readonly SourceVerdict[];
  readonly payloadHash: string | undefined;
  readonly platformRequests: number;
  readonly proofRequests: number;
  /** From acceptance to the last news of it, in milliseconds. */
  readonly latencyMs: number | undefined;
  /** The ledger has nothing more to do before every key has its first verdict. */
  readonly isFinal: boolean;
}

/** The part of a service's answer to a waiting enrichment that a run needs. */
export interface ServiceAnswer {
  readonly traceId: string | undefined;
  readonly outcome: OutcomeSummary | undefined;
  readonly latencyMs: number;
}

/** Gathers what becomes of the conversations of a run. */
export class Results {
  readonly #results = new Map<string, Result>();
  readonly #receivedAt = new Map<string, number>();
  #finished = 0;
  readonly #done = Promise.withResolvers<void>();

  constructor(conversationIds: readonly string[]) {
    for (const id of conversationIds) this.#results.set(id, pending(id));
  }

  get all(): readonly Result[] {
    return [...this.#results.values()];
  }

  /** Those whose turn is over, and whose keys are not all proved yet. */
  get unproved(): number {
    return this.all.filter(({ result, isFinal }) => result !== 'pending' && !isFinal).length;
  }

  isFinal(conversationId: string): boolean {
    return this.#results.get(conversationId)?.isFinal === true;
  }

  get finished(): number {
    return this.#finished;
  }

  /** Resolves when every conversation has its first verdict. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /**
   * An earlier run has taken it: what it came to counts here too. One that has no outcome yet, or a
   * key without its verdict, is waited for like any other.
   */
  resume(conversationId: string, taken: TakenBefore): void {
    const before = this.#results.get(conversationId);
    // The engine may have been quicker: what it told is the later news.
    if (before === undefined || before.result !== 'pending') return;
    const { traceId, receivedAt, outcome, entries } = taken;
    this.#receivedAt.set(conversationId, receivedAt);
    if (outcome === undefined) {
      this.#keep({ ...before, traceId });
      return;
    }
    const keys = new Map(entries.map((entry) => [entry.key, entry.state]));
    this.#keep({
      ...before,
      ...pick(outcome),
      reason: outcome.reason ?? 'taken-before',
      message: outcome.message ?? 'done by an earlier start of this run',
      keys,
      isFinal: isDecided(keys),
    });
  }

  /** The ledger has it finished: a service on the same ledger did so, or saw what proves it. */
  catchUp(conversationId: string, known: TakenBefore): void {
    const { receivedAt, settledAt = receivedAt, outcome, entries } = known;
    const before = this.#results.get(conversationId);
    if (before === undefined || before.isFinal || outcome === undefined) return;
    const keys = new Map(entries.map((entry) => [entry.key, entry.state]));
    if (!isDecided(keys)) return;
    const lastAt = Math.max(settledAt, ...entries.map(({ provedAt = 0 }) => provedAt));
    this.#keep({
      ...before,
      ...pick(outcome),
      keys,
      platformRequests: Math.max(before.platformRequests, outcome.platformRequests),
      proofRequests: Math.max(before.proofRequests, outcome.proofRequests),
      latencyMs: lastAt - receivedAt,
      isFinal: true,
    });
  }

  take(progress: Progress): void {
    const before = this.#results.get(progress.conversationId);
    if (before === undefined || (before.result === 'pending' && progress.answered === undefined))
      return;
    const { answered, entries } = progress;
    const receivedAt = this.#receivedAt.get(progress.conversationId) ?? answered?.receivedAt;
    if (receivedAt !== undefined) this.#receivedAt.set(progress.conversationId, receivedAt);
    const keys = new Map(entries.map((entry) => [entry.key, entry.state]));
    this.#keep({
      ...before,
      ...(answered && pick(answered.outcome)),
      keys,
      platformRequests: before.platformRequests + progress.platformRequests,
      proofRequests: before.proofRequests + progress.proofRequests,
      latencyMs:
        receivedAt === undefined || before.isFinal ? before.latencyMs : progress.at - receivedAt,
      isFinal: isDecided(keys),
    });
  }

  /** What a service answered about one conversation, after it waited for the proof. */
  takeAnswer(conversationId: string, answer: ServiceAnswer): void {
    const before = this.#results.get(conversationId);
    if (before === undefined) return;
    const { outcome, latencyMs } = answer;
    if (outcome === undefined) {
      const reason = 'the service had no outcome in time';
      this.#keep({ ...before, traceId: answer.traceId, reason, isFinal: true });
      return;
    }
    const keys = new Map(outcome.keys.map(({ key, state }) => [key, state]));
    const { platformRequests, proofRequests } = outcome;
    this.#keep({
      ...before,
      ...pick(outcome),
      keys,
      platformRequests,
      proofRequests,
      latencyMs,
      isFinal: true,
    });
  }

  #keep(result: Result): void {
    const before = this.#results.get(result.conversationId);
    this.#finished += Number(result.isFinal) - Number(before?.isFinal === true);
    this.#results.set(result.conversationId, result);
    if (this.#finished === this.#results.size) this.#done.resolve();
  }
}

const isDecided = (keys: ReadonlyMap<string, AttributeState>): boolean =>
  [...keys.values()].every((state) => !OPEN_STATES.has(state));

/** A person was named who is not there: not left out by a rule, but not done as ordered. */
const NOT_AS_ORDERED: ReadonlySet<string> = new Set(['participant-unknown', 'purpose-absent']);

/** Whether a run should say that this conversation failed. */
export function hasFailed(result: Result): boolean {
  return (
    result.result === 'failed' ||
    result.result === 'pending' ||
    !result.isFinal ||
    (result.result === 'skipped' && NOT_AS_ORDERED.has(result.reason ?? '')) ||
    [...result.keys.values()].some((state) => GIVEN_UP_STATES.has(state))
  );
}

function pick(outcome: OutcomeSummary): Partial<Result> {
  const { traceId, result, reason, message, sources, payloadHash } = outcome;
  return { traceId, result, reason, message, sources, payloadHash };
}

function pending(conversationId: string): Result {
  return {
    conversationId,
    traceId: undefined,
    result: 'pending',
    reason: undefined,
    message: undefined,
    keys: new Map(),
    sources: [],
    payloadHash: undefined,
    platformRequests: 0,
    proofRequests: 0,
    latencyMs: undefined,
    isFinal: false,
  };
}
