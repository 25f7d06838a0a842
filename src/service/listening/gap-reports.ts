import type { GapReport } from '../../intake/listening/gap-fill.ts';

/** Gaps that are remembered, the latest. */
const MAX_REPORTS = 20;

/** What the gaps of this process came to: each stated once, with the count of its latest look. */
export class GapReports {
  readonly #reports = new Map<string, GapReport>();
  readonly #onLook: (report: GapReport, before: GapReport | undefined) => void;

  constructor(onLook: (report: GapReport, before: GapReport | undefined) => void) {
    this.#onLook = onLook;
  }

  note(report: GapReport): void {
    const name = `${report.gap.fromMs} ${report.gap.toMs}`;
    const before = this.#reports.get(name);
    this.#reports.set(name, report);
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size <= MAX_REPORTS) break;
      this.#reports.delete(oldest);
    }
    this.#onLook(report, before);
  }

  /** The latest gaps, the last one first. */
  get latest(): readonly GapReport[] {
    return [...this.#reports.values()].toReversed();
  }
}
