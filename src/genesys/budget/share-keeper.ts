import { levelOf, messageOf } from '../../domain/errors.ts';
import type { SharedWindow } from '../../domain/sharing.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { LimitBook } from './limit-book.ts';
import type { WindowStore } from './window-store.ts';
import { hasNews } from './window/share.ts';
import { outstandingOf, spareOf, type WindowState } from './window/state.ts';

/** How soon it is asked again whether somebody's probe has opened the window, in milliseconds. */
const PROBE_PAUSE_MS = 100;
/** How soon it is asked again whether others have given up what they claimed, in milliseconds. */
const SPENT_PAUSE_MS = 1_000;
/** What lay idle, or was overstated, for so long is given up to the others, in milliseconds. */
const IDLE_MS = 2_000;
const RETRY = { baseMs: 250, maxMs: 5_000 };

export interface ShareKeeperParts {
  readonly store: WindowStore;
  readonly book: LimitBook;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the book has taken in what the store told. */
  readonly onChange: () => void;
}

/**
 * Keeps an instance's share of a window in step with the store, one exchange at a time: claims what
 * is waited for, tells what answers taught, moves on to the next window. While the store is away
 * what was claimed may still be sent until the window ends; after that nothing is, since nobody
 * knows what the others do.
 */
export class ShareKeeper {
  readonly #parts: ShareKeeperParts;
  #isExchanging = false;
  #isClosed = false;
  #failures = 0;
  #askMs = Number.NEGATIVE_INFINITY;
  #exchangedMs = Number.NEGATIVE_INFINITY;
  /** The least that was spare since the last exchange: nobody has needed so much. */
  #idle = 0;

  constructor(parts: ShareKeeperParts) {
    this.#parts = parts;
  }

  /**
   * Exchanges if there is a reason to. `want`: how much somebody waits for that is not at hand; 0
   * when somebody waits and more would not help; undefined when nobody waits for the store.
   */
  look(want: number | undefined, nowMs: number): void {
    if (this.#isExchanging || this.#isClosed) return;
    this.#idle = Math.max(0, Math.min(this.#idle, spareOf(this.#parts.book.token)));
    if (nowMs < this.dueMs(want)) return;
    void this.#exchange(want, nowMs);
  }

  /** When `look` is to be called again although nothing has happened. */
  dueMs(want: number | undefined): number {
    if (this.#isExchanging || this.#isClosed) return Number.POSITIVE_INFINITY;
    const { token } = this.#parts.book;
    const isWaiting = want !== undefined;
    const isUrgent = hasNews(token) || (isWaiting && token.phase.kind === 'ended');
    if (isUrgent || isIdleProbe(token, isWaiting)) {
      return this.#failures > 0 ? this.#askMs : Number.NEGATIVE_INFINITY;
    }
    const dueMs = isWaiting ? this.#askMs : Number.POSITIVE_INFINITY;
    const isOverstated =
      this.#idle > 0 || outstandingOf(token) < (token.share?.told.outstanding ?? 0);
    const soonestMs = isOverstated ? Math.min(dueMs, this.#exchangedMs + IDLE_MS) : dueMs;
    return this.#failures > 0 ? Math.max(soonestMs, this.#askMs) : soonestMs;
  }

  close(): void {
    this.#isClosed = true;
  }

  #giveUp(want: number | undefined, nowMs: number): number {
    if (isIdleProbe(this.#parts.book.token, want !== undefined)) return Number.POSITIVE_INFINITY;
    return nowMs >= this.#exchangedMs + IDLE_MS ? this.#idle : 0;
  }

  async #exchange(want: number | undefined, reportedMs: number): Promise<void> {
    const { store, book, clock, log, onChange } = this.#parts;
    this.#isExchanging = true;
    const report = book.report(want ?? 0, this.#giveUp(want, reportedMs), reportedMs);
    try {
      const window = await store.exchange(report);
      const nowMs = clock.monotonicMs();
      book.catchUp(nowMs);
      book.exchanged({ report, reportedMs, window }, nowMs);
      this.#failures = 0;
      this.#askMs = nowMs + pauseAfter(window, report.want);
    } catch (error) {
      this.#failures += 1;
      // Without chance: instances whose store is back find it at moments of their own anyway.
      const retryInMs = backoffMs(this.#failures, RETRY, () => 1);
      this.#askMs = clock.monotonicMs() + retryInMs;
      log[levelOf(error, 'warn')]('genesys.budget-store-failed', {
        reason: messageOf(error),
        retryInMs,
      });
    }
    this.#isExchanging = false;
    this.#exchangedMs = clock.monotonicMs();
    this.#idle = Math.max(0, spareOf(book.token));
    if (!this.#isClosed) onChange();
  }
}

/** The right to send a window's first request, in the hands of somebody who has none to send. */
function isIdleProbe(state: WindowState, isWaiting: boolean): boolean {
  const { kind } = state.phase;
  return !isWaiting && (kind === 'cold' || kind === 'probe') && spareOf(state) > 0;
}

function pauseAfter({ state, drawn, endsInMs = Infinity }: SharedWindow, want: number): number {
  if (want > 0 && drawn >= want) return 0;
  return state === 'probe' ? PROBE_PAUSE_MS : Math.min(SPENT_PAUSE_MS, endsInMs);
}
