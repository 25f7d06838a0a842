import type jsonata from 'jsonata';
import { MeterError } from './meter.ts';

/** Most steps of one evaluation; a step is one node of the expression, evaluated once. About 0.3 s of work. */
const MAX_STEPS = 50_000;
/** Deepest nesting of calls. */
const STACK_DEPTH = 200;
/** Longest list that an expression may make; a step may copy as much. */
const SEQUENCE_LENGTH = 2000;
/** Milliseconds until JSONata itself stops: far beyond what the steps allow, on any machine. */
const BACKSTOP_MS = 10_000;

/**
 * Runs one expression under limits that are counted, not timed: the same data give the same answer
 * on a busy machine.
 *
 * JSONata asks for its `stack` option before every step, which is where the steps are counted. The
 * option belongs to the compiled expression and not to one evaluation, so evaluations go one after
 * another; none of them waits for anything but itself.
 */
export class MeteredRun {
  readonly #compiled: jsonata.Expression;
  #steps = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(compile: (options: jsonata.JsonataOptions) => jsonata.Expression) {
    const onStep = (): number => this.#onStep();
    this.#compiled = compile({
      timeout: BACKSTOP_MS,
      sequence: SEQUENCE_LENGTH,
      get stack() {
        return onStep();
      },
    });
  }

  evaluate(input: unknown, variables: Readonly<Record<string, unknown>>): Promise<unknown> {
    const run = this.#last.then(() => {
      this.#steps = 0;
      return this.#compiled.evaluate(input, { ...variables });
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  #onStep(): number {
    this.#steps += 1;
    // The option is read twice for each step.
    if (this.#steps > 2 * MAX_STEPS)
      throw new MeterError('R0003', 'ran more steps than an expression may');
    return STACK_DEPTH;
  }
}
