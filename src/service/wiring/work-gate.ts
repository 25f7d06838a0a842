import type { Grant, WorkGate } from '../../engine/work-gate.ts';
import type { Budget, Permit } from '../../genesys/budget/budget.ts';

/** Room for one turn: requests to the platform that the budget has promised. */
export interface PermitGrant extends Grant {
  readonly permit: Permit;
}

/** A turn that must read before it writes needs two requests; what it does not need it gives back. */
const REQUESTS_PER_TURN = 2;

/** Lets a turn begin when the rate budget has room for its requests. */
export function createWorkGate(budget: Budget): WorkGate<PermitGrant> {
  return {
    whenRoom: async (signal) =>
      toGrant(await budget.whenRoom('live', { cost: REQUESTS_PER_TURN, signal })),
    tryRoom() {
      const permit = budget.tryRoom('live', REQUESTS_PER_TURN);
      return permit && toGrant(permit);
    },
  };
}

function toGrant(permit: Permit): PermitGrant {
  return { permit, release: () => permit.release() };
}
