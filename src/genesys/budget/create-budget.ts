import { RapportError } from '../../domain/errors.ts';
import type { Budget, BudgetLane, BudgetSnapshot, Permit, Sending } from './budget.ts';

export function createBudget(): Budget {
  let sent = 0;
  let held = 0;
  let inFlight = 0;
  const snapshot = (): BudgetSnapshot => ({
    state: 'unlimited',
    allowed: undefined,
    sent,
    held,
    foreign: 0,
    margin: 0,
    inFlight,
    endsInMs: undefined,
    waiting: { guard: 0, live: 0, manual: 0, verify: 0, backfill: 0 },
    rateLimited: { own: 0, foreign: 0 },
  });
  const grant = (lane: BudgetLane, cost: number): Permit => {
    let left = cost;
    held += cost;
    const release = (): void => {
      held -= left;
      left = 0;
    };
    return {
      lane,
      get left() {
        return left;
      },
      use(): Promise<Sending> {
        if (left === 0) {
          throw new RapportError({ code: 'ERR_GENESYS_PERMIT_SPENT', message: 'spent' });
        }
        left -= 1;
        held -= 1;
        sent += 1;
        inFlight += 1;
        const end = (): void => void (inFlight -= 1);
        const back = (): void => {
          inFlight -= 1;
          left += 1;
          held += 1;
        };
        return Promise.resolve({
          answered: ({ status }) => (status === 429 ? back() : end()),
          lost: end,
          unsent: back,
        });
      },
      release,
      [Symbol.dispose]: release,
    };
  };
  return {
    whenRoom: (lane, options) => Promise.resolve(grant(lane, options?.cost ?? 1)),
    snapshot,
    [Symbol.dispose]() {},
  };
}
