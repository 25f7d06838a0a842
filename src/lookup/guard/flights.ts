import { abortable } from '../../lib/abort.ts';

interface Flight<Value> {
  readonly landed: Promise<Value>;
  readonly controller: AbortController;
  passengers: number;
  hasLanded: boolean;
}

/**
 * Work in progress by key: who asks for a key that is being asked for already waits for that
 * answer. A caller who gives up leaves alone; the work is stopped when the last one has left.
 */
export class Flights<Value> {
  readonly #flights = new Map<string, Flight<Value>>();
  readonly #landings = new Set<Promise<unknown>>();

  get size(): number {
    return this.#flights.size;
  }

  /** The result for `key`: that of the flight in progress, else of a new one that `start` makes. */
  async join(
    key: string,
    signal: AbortSignal,
    start: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#depart(key, start);
    flight.passengers += 1;
    try {
      return await abortable(flight.landed, signal);
    } finally {
      flight.passengers -= 1;
      if (flight.passengers === 0) this.#end(key, flight, signal.reason);
    }
  }

  #depart(key: string, start: (signal: AbortSignal) => Promise<Value>): Flight<Value> {
    const controller = new AbortController();
    const landed = start(controller.signal);
    const flight: Flight<Value> = {
      landed,
      controller,
      passengers: 0,
      hasLanded: false,
    };
    this.#flights.set(key, flight);
    const onLanding = (): void => {
      flight.hasLanded = true;
      this.#close(key, flight);
    };
    const settled: Promise<void> = landed.then(onLanding, onLanding);
    this.#landings.add(settled);
    void settled.then(() => this.#landings.delete(settled));
    return flight;
  }

  /** Nobody joins it from now on. */
  #close(key: string, flight: Flight<Value>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #end(key: string, flight: Flight<Value>, reason: unknown): void {
    this.#close(key, flight);
    if (!flight.hasLanded) flight.controller.abort(reason);
  }

  /** Stops every flight for that reason, and waits until its work has let go. */
  async stop(reason: unknown): Promise<void> {
    for (const [key, flight] of this.#flights) this.#end(key, flight, reason);
    await Promise.all(this.#landings);
  }
}
