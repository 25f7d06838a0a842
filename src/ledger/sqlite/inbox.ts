import type { WireJob, WireRequest } from './protocol.ts';

/** Most jobs that one batch takes: a bound on how long the first waits for the last. */
const MAX_JOBS_PER_BATCH = 256;

/** So many batches in a row may leave patient work behind; the next takes it, whoever waits. */
const MAX_OVERTAKEN = 16;

export interface InboxParts {
  /** The next message, if there is one. */
  readonly receive: () => WireRequest | undefined;
  /** Is told of each new text before a job that needs it is given out. */
  readonly learn: (texts: readonly (readonly [number, string])[]) => void;
}

/**
 * What the thread was asked for and has not done. Work that somebody waits for goes first, and a batch of patient
 * work, which takes several milliseconds, ends as soon as there is some.
 */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #urgent: WireJob[] = [];
  readonly #patient: WireJob[] = [];
  #overtaken = 0;
  #isClosing = false;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Nothing more will be asked for; what was asked for before is still to be done. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get isEmpty(): boolean {
    return this.#urgent.length + this.#patient.length === 0;
  }

  take(request: WireRequest): void {
    if (request.kind === 'close') {
      this.#isClosing = true;
      return;
    }
    this.#parts.learn(request.texts);
    (request.isUrgent ? this.#urgent : this.#patient).push(...request.jobs);
  }

  /** The jobs of one transaction; each is to be done before the next is asked for. */
  *batch(): Generator<WireJob, void, undefined> {
    const mayOvertake = this.#overtaken < MAX_OVERTAKEN;
    let left = MAX_JOBS_PER_BATCH;
    for (;;) {
      this.#takeAll();
      const urgent = this.#urgent.splice(0, left);
      yield* urgent;
      left -= urgent.length;
      const next = left === 0 || (urgent.length > 0 && mayOvertake) ? undefined : this.#patient[0];
      if (next === undefined) break;
      this.#patient.shift();
      yield next;
      left -= 1;
    }
    this.#overtaken = this.#patient.length > 0 ? this.#overtaken + 1 : 0;
  }

  #takeAll(): void {
    const { receive } = this.#parts;
    for (let next = receive(); next !== undefined; next = receive()) this.take(next);
  }
}
