import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { AnswerFacts, RateHeaders } from './budget.ts';

/** Answers that are kept to explain a 429 of our own making. */
const KEPT_ANSWERS = 20;

/** Remembers what the last answers told of the rate, and says it when one was a 429. */
export class AnswerLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #answers: (RateHeaders & { readonly status: number; readonly atMs: number })[] = [];

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  note(facts: AnswerFacts, { operation, isOwn }: { operation: string; isOwn: boolean }): void {
    const atMs = Math.round(this.#clock.monotonicMs());
    if (facts.rate !== undefined) {
      this.#answers.push({ ...facts.rate, status: facts.status, atMs });
      if (this.#answers.length > KEPT_ANSWERS) this.#answers.shift();
    }
    if (facts.status !== 429) return;
    const { retryAfterMs, limitKey } = facts;
    const fields = { operation, retryAfterMs, limitKey, cause: isOwn ? 'own' : 'foreign' };
    if (!isOwn) this.#log.warn('genesys.rate-limited', fields);
    // That is a defect of the budget: these lines are what is needed to find it.
    else this.#log.error('genesys.rate-limited', { ...fields, atMs, answers: [...this.#answers] });
  }
}
