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
    publish: (signal) => store.publish(signal),
    subscribe: (listener) => store.subscribe(listener),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Which operation of the ledger a unit belongs to, by its first statement: `accept`, `claim`, `settle`. */
export const operationOf = (unit: Unit): string => unit[0]?.query.name.split('.')[0] ?? '';

/** The machine's monotonic clock in milliseconds: one for all processes on it. */
export const sharedNow = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** The ledger, telling when a conversation was given to this process and how each settle ended. */
export function tellingTurns(
  ledger: Ledger,
  instance: string,
  tell: (event: Began | Ended) => void,
): Ledger {
  const nameOf = ({ conversationId, fence }: Claim) => ({ instance, conversationId, fence });
  const told: Partial<Ledger> = {
    async claim(max) {
      const batch = await ledger.claim(max);
      const at = sharedNow();
      for (const claim of batch.claims) tell({ kind: 'began', ...nameOf(claim), at });
      return batch;
    },
    async settle(claim, settlement) {
      const at = sharedNow();
      const end = await ledger.settle(claim, settlement);
      tell({ kind: 'ended', ...nameOf(claim), at, end, answers: claim.requests.length > 0 });
      return end;
    },
  };
  return new Proxy(ledger, {
    get(target, name) {
      const own: unknown = Reflect.get(told, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
