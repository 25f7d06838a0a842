import { createInterface } from 'node:readline';
import { ledgerOver, openStore, type OpenLedgerOptions } from '../../src/ledger/open-ledger.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { HistoryEvent } from './history.ts';
import { PLANTS } from './plants.ts';
import { aroundUnits, operationOf, tellingTurns } from './watched.ts';
import type { ChildSetup, FromChild, ToChild } from './wire.ts';

/** What every child process does: it tells what happens to it, and dies where it was told to. */
export class ChildSide {
  readonly #setup: ChildSetup;
  #passesLeft: number;
  /** Hears what is told of this process, before the rig does. */
  onEvent: ((event: HistoryEvent) => void) | undefined;

  constructor(setup: ChildSetup) {
    this.#setup = setup;
    this.#passesLeft = setup.killAt?.nth ?? 0;
  }

  /** Synchronous, as a pipe is for Node: what was told before a `kill -9` is read after it. */
  tell(message: FromChild): void {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  }

  tellEvent(event: HistoryEvent): void {
    this.onEvent?.(event);
    this.tell({ kind: 'event', event });
  }

  /** Dies here when this is the pass of the point that was ordered. */
  pass(point: string): void {
    if (point !== this.#setup.killAt?.point) return;
    this.#passesLeft -= 1;
    if (this.#passesLeft !== 0) return;
    process.kill(process.pid, this.#setup.killAt.signal ?? 'SIGKILL');
  }

  /** The ledger, with a point before and behind each of its transactions. */
  async openLedger(options: OpenLedgerOptions): Promise<Ledger> {
    const { plant } = this.#setup;
    const opened = await openStore(options, false);
    const sown = plant === undefined ? opened : PLANTS[plant](opened);
    const store = aroundUnits(sown, async (unit, run) => {
      const operation = operationOf(unit);
      this.pass(`${operation}.begins`);
      const running = run(unit);
      this.pass(`${operation}.sent`);
      const result = await running;
      this.pass(`${operation}.durable`);
      return result;
    });
    const ledger = await ledgerOver(store, options);
    return tellingTurns(ledger, this.#setup.instance, (event) => this.tellEvent(event));
  }

  /** What the rig says, until it says to stop. */
  async *orders(): AsyncGenerator<Exclude<ToChild, { kind: 'stop' }>> {
    for await (const line of createInterface({ input: process.stdin })) {
      const message = JSON.parse(line) as ToChild;
      if (message.kind === 'stop') return;
      yield message;
    }
  }
}
