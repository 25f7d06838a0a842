import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Unit, UnitResult } from '../../src/ledger/sql/statement.ts';
import type { Store } from '../../src/ledger/sql/store.ts';
import type { Claim } from '../../src/ledger/turn.ts';
import type { Began, Ended } from './history.ts';

/** The store, with something around each unit; everything else passes through. */
export function aroundUnits(
  store: Store,
  around: (unit: Unit, run: (unit: Unit) => Promise<UnitResult>) => Promise<UnitResult>,
): Store {
  return {
    dialect: store.dialect,
    now: () => store.now(),
    run: (unit) => around(unit, (changed) => store.run(changed)),
    read: (statement) => store.read(statement),
    define: (texts) => store.define(texts),
    scrub: () => store.scrub(),
    publish: (signal) => store.publish(signal),
    subscribe: (listener) => store.subscribe(listener),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Which operation of the ledger a unit belongs to, by its first statement: `accept`, `claim`, `settle`. */
export const operationOf = (unit: Unit): string => unit[0]?.query.name.split('.')[0] ?? '';

/** The machine's monotonic clock in milliseconds: one for all processes on it. */
export const sharedNow = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** Makes the ledger tell when a conversation is given to this process and how each settle ends. */
export function tellingTurns(
  ledger: Ledger,
  instance: string,
  tell: (event: Began | Ended) => void,
): Ledger {
  const claim = ledger.claim.bind(ledger);
  const acceptAndClaim = ledger.acceptAndClaim.bind(ledger);
  const settle = ledger.settle.bind(ledger);
  const nameOf = ({ conversationId, fence }: Claim) => ({ instance, conversationId, fence });
  const tellBegun = (claims: readonly Claim[]): void => {
    const at = sharedNow();
    for (const each of claims) tell({ kind: 'began', ...nameOf(each), at });
  };
  const told: Pick<Ledger, 'claim' | 'acceptAndClaim' | 'settle'> = {
    async claim(max) {
      const batch = await claim(max);
      tellBegun(batch.claims);
      return batch;
    },
    async acceptAndClaim(requests, wanted) {
      const work = await acceptAndClaim(requests, wanted);
      tellBegun(work.claims);
      return work;
    },
    async settle(held, settlement) {
      const at = sharedNow();
      const end = await settle(held, settlement);
      tell({ kind: 'ended', ...nameOf(held), at, end, answers: held.requests.length > 0 });
      return end;
    },
  };
  // Not a proxy: the ledger has private fields, which only it itself may read.
  return Object.assign(ledger, told);
}
