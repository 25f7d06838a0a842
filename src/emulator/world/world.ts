import type { Clock, Timer } from '../../lib/clock.ts';
import type { WorldEvent } from './event.ts';
import type {
  ConversationState,
  Division,
  FlowState,
  IntegrationState,
  Organization,
  QueueState,
  UserState,
} from './model.ts';
import { createChance, type Chance } from './seeded.ts';

export interface WorldParts {
  readonly clock: Clock;
  readonly seed: number;
}

/**
 * One organization: what exists, what time it is, and who is told when something happens. It knows
 * no HTTP and no sockets. Whoever changes a conversation publishes what happened, in order.
 */
export class World {
  readonly clock: Clock;
  /** Aborts when the world stops or is emptied: whatever still goes on outside is not wanted any more. */
  stopped: AbortSignal;
  #stop = new AbortController();
  readonly #seed: number;
  readonly #timers = new Set<Timer>();
  readonly #listeners = new Set<(event: WorldEvent) => void>();
  #chance: Chance;
  organization: Organization;
  readonly divisions: Map<string, Division> = new Map();
  readonly users: Map<string, UserState> = new Map();
  readonly queues: Map<string, QueueState> = new Map();
  readonly flows: Map<string, FlowState> = new Map();
  readonly integrations: Map<string, IntegrationState> = new Map();
  readonly conversations: Map<string, ConversationState> = new Map();

  constructor(parts: WorldParts) {
    this.clock = parts.clock;
    this.stopped = this.#stop.signal;
    this.#seed = parts.seed;
    this.#chance = createChance(parts.seed);
    this.organization = { id: this.newId(), name: 'Emulated' };
  }

  newId(): string {
    return this.#chance.newId();
  }

  random(): number {
    return this.#chance.random();
  }

  now(): number {
    return this.clock.wallMs();
  }

  /** Calls `fire` after `delayMs` of the world's clock, unless the world is reset or stopped before. */
  after(delayMs: number, fire: () => void): Timer {
    const timer = this.clock.timer(delayMs, () => {
      this.#timers.delete(entry);
      fire();
    });
    const cancel = (): void => {
      this.#timers.delete(entry);
      timer.cancel();
    };
    const entry: Timer = { cancel, [Symbol.dispose]: cancel };
    this.#timers.add(entry);
    return entry;
  }

  /** Tells `listener` every event from now on, until the answer is called. */
  listen(listener: (event: WorldEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(event: WorldEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Cancels whatever is still to happen. */
  stop(): void {
    this.#stop.abort();
    for (const timer of this.#timers) timer.cancel();
  }

  /** Empties the world and starts its ids anew; the same calls then give the same ids again. */
  clear(): void {
    this.stop();
    this.#stop = new AbortController();
    this.stopped = this.#stop.signal;
    this.#chance = createChance(this.#seed);
    this.organization = { id: this.newId(), name: 'Emulated' };
    const { divisions, users, queues, flows, integrations, conversations } = this;
    for (const map of [divisions, users, queues, flows, integrations, conversations]) map.clear();
    this.publish({ kind: 'cleared' });
  }

  /** @returns the entity with that id, else with that name (case-insensitive). */
  findQueue(idOrName: string): QueueState | undefined {
    return this.queues.get(idOrName) ?? byName(this.queues.values(), idOrName);
  }

  findUser(idOrName: string): UserState | undefined {
    return this.users.get(idOrName) ?? byName(this.users.values(), idOrName);
  }

  findFlow(idOrName: string): FlowState | undefined {
    return this.flows.get(idOrName) ?? byName(this.flows.values(), idOrName);
  }
}

function byName<T extends { readonly name: string }>(
  entities: Iterable<T>,
  name: string,
): T | undefined {
  const wanted = name.toLowerCase();
  for (const entity of entities) if (entity.name.toLowerCase() === wanted) return entity;
  return undefined;
}
