import type { CliIo } from './io.ts';

export interface BarState {
  readonly done: number;
  readonly total: number;
  /** What stands behind the bar: rate, budget. */
  readonly note: string;
}

const BAR_WIDTH = 24;

/** One line on standard error that is drawn over itself while work goes on; nothing where no person reads it. */
export class ProgressBar implements Disposable {
  readonly #io: CliIo;
  #isDrawn = false;

  constructor(io: CliIo) {
    this.#io = io;
  }

  draw({ done, total, note }: BarState): void {
    if (!(this.#io.log?.isTerminal ?? this.#io.isTerminal)) return;
    const filled = total === 0 ? BAR_WIDTH : Math.round((done / total) * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const line = `${bar} ${done}/${total}  ${note}`.slice(0, Math.max(20, this.#io.columns - 1));
    this.#io.err(`\r\u001B[K${line}`);
    this.#isDrawn = true;
  }

  [Symbol.dispose](): void {
    if (this.#isDrawn) this.#io.err('\r\u001B[K');
  }
}
