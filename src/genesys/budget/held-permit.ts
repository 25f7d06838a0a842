import { RapportError } from '../../domain/errors.ts';
import { BUDGET_LANES, type BudgetLane, type Permit, type Sending } from './budget.ts';

export interface SendKey {
  readonly permit: HeldPermit;
  readonly operation: string;
  /** Smaller goes first. */
  readonly rank: number;
}

/** What a permit asks of its budget. */
export interface PermitDesk {
  send(key: SendKey, signal: AbortSignal | undefined): Promise<Sending>;
  giveBack(lane: BudgetLane, cost: number): void;
}

/** A permit of a budget, which it asks for each of its requests and gives back what is left to. */
export class HeldPermit implements Permit {
  readonly #budget: PermitDesk;
  readonly lane: BudgetLane;
  #left: number;
  #hasSent = false;
  #isReleased = false;

  constructor(budget: PermitDesk, lane: BudgetLane, cost: number) {
    this.#budget = budget;
    this.lane = lane;
    this.#left = cost;
  }

  get left(): number {
    return this.#left;
  }

  async use(operation: string, signal?: AbortSignal): Promise<Sending> {
    if (this.#left === 0) throw spentError(operation);
    // Taken at once, so that two requests cannot go on one promise.
    this.#left -= 1;
    const rank = this.#hasSent ? -1 : BUDGET_LANES.indexOf(this.lane);
    this.#hasSent = true;
    try {
      return await this.#budget.send({ permit: this, operation, rank }, signal);
    } catch (error) {
      this.#hasSent = rank === -1;
      this.takeBack();
      throw error;
    }
  }

  /** A request did not go, or was refused with 429: its promise holds on. */
  takeBack(): void {
    if (this.#isReleased) this.#budget.giveBack(this.lane, 1);
    else this.#left += 1;
  }

  shrink(count: number): void {
    const excess = Math.max(0, this.#left - Math.max(0, count));
    this.#left -= excess;
    this.#budget.giveBack(this.lane, excess);
  }

  release(): void {
    this.#isReleased = true;
    this.shrink(0);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function spentError(operation: string): RapportError {
  return new RapportError({
    code: 'ERR_GENESYS_PERMIT_SPENT',
    message: `nothing is left of the permit that ${operation} was to be sent with`,
    nextStep: 'Ask for a permit with the cost of everything that is sent on it.',
    fault: 'ours',
  });
}

export function closedError(): RapportError {
  return new RapportError({
    code: 'ERR_GENESYS_CLOSED',
    message: 'the client is closed',
    nextStep: 'Create a new one.',
    fault: 'ours',
  });
}
