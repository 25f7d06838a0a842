import type { TopicVerdict } from './ports.ts';

/**
 * Most topics one channel accepts. Source: the platform's answer
 * `notification.subscription.too.many.subscriptions` and its own streaming client; checked 2026-11-20.
 */
export const MAX_TOPICS_PER_CHANNEL = 1000;

/** Topics that nobody wants any more and that stay until one request clears them all. */
const MAX_STALE = 200;

/** What would bring the channel to what is wanted. */
export type TopicStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'add'; readonly topics: readonly string[] }
  | { readonly kind: 'replace'; readonly topics: readonly string[] };

/**
 * What one channel should carry and what it does carry. Topics are added as they are wanted; those
 * that are not wanted any more are left until there are many of them or their place is needed,
 * since they cost nothing and clearing them costs a request.
 */
export class TopicSet {
  readonly #wanted = new Set<string>();
  readonly #carried = new Set<string>();
  readonly #rejected = new Map<string, TopicVerdict>();
  /** Wanted, and neither carried nor rejected: kept, since a step must not look at a thousand topics. */
  readonly #missing = new Set<string>();
  /** Carried, and not wanted any more. */
  readonly #stale = new Set<string>();

  get wanted(): ReadonlySet<string> {
    return this.#wanted;
  }

  /** Wanted topics that the platform refused, with its reasons. */
  get rejected(): ReadonlyMap<string, TopicVerdict> {
    return this.#rejected;
  }

  /** How many more it can carry. */
  get room(): number {
    return MAX_TOPICS_PER_CHANNEL - this.#wanted.size;
  }

  /** @throws {RangeError} when there is no room for all of them */
  want(topics: readonly string[]): void {
    const added = topics.filter((topic) => !this.#wanted.has(topic));
    if (added.length > this.room) {
      throw new RangeError(`${added.length} topics do not fit into room for ${this.room}`);
    }
    for (const topic of added) {
      this.#wanted.add(topic);
      this.#sort(topic);
    }
  }

  drop(topics: Iterable<string>): void {
    for (const topic of topics) {
      this.#wanted.delete(topic);
      this.#rejected.delete(topic);
      this.#sort(topic);
    }
  }

  /** Whether the platform has said that it sends all of these. */
  carries(topics: readonly string[]): boolean {
    return topics.every((topic) => this.#carried.has(topic));
  }

  /** A new channel carries nothing. */
  forgetCarried(): void {
    this.#carried.clear();
    this.#rejected.clear();
    this.#stale.clear();
    for (const topic of this.#wanted) this.#missing.add(topic);
  }

  next(): TopicStep {
    const missing = [...this.#missing];
    const isFull = this.#carried.size + missing.length > MAX_TOPICS_PER_CHANNEL;
    if (this.#stale.size > MAX_STALE || (isFull && missing.length > 0)) return this.all();
    return missing.length === 0 ? { kind: 'none' } : { kind: 'add', topics: missing };
  }

  /** Everything that is wanted, once more: renews what is carried and asks again for what was refused. */
  all(): TopicStep {
    return { kind: 'replace', topics: [...this.#wanted] };
  }

  /** Notes what the platform made of a step; a topic it does not mention counts as accepted. */
  record(step: TopicStep, verdicts: readonly TopicVerdict[]): readonly TopicVerdict[] {
    if (step.kind === 'none') return [];
    if (step.kind === 'replace') this.forgetCarried();
    for (const topic of step.topics) {
      this.#carried.add(topic);
      this.#sort(topic);
    }
    const refused = verdicts.filter(
      (verdict) => verdict.rejected && this.#carried.delete(verdict.topic),
    );
    for (const verdict of refused) {
      if (this.#wanted.has(verdict.topic)) this.#rejected.set(verdict.topic, verdict);
      this.#sort(verdict.topic);
    }
    return refused;
  }

  /** To be called for each topic of which it has changed what is wanted, carried or rejected. */
  #sort(topic: string): void {
    const isWanted = this.#wanted.has(topic);
    const isCarried = this.#carried.has(topic);
    if (isWanted && !isCarried && !this.#rejected.has(topic)) this.#missing.add(topic);
    else this.#missing.delete(topic);
    if (isCarried && !isWanted) this.#stale.add(topic);
    else this.#stale.delete(topic);
  }
}
