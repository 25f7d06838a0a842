import type { UnitResult } from '../sql/statement.ts';

/**
 * Claims that failed without our knowing whether they were committed: the connection was cut
 * between the two. What they took would stay taken for as long as this instance lives, so the next
 * claim gives it back.
 */
export class LostClaims {
  readonly #lost = new Set<string>();

  /** Its answer was lost, and so what it may have taken. */
  add(id: string): void {
    this.#lost.add(id);
  }

  /**
   * Runs a claim; `run` is told which earlier ones to give back along with it. One that is under way is
   * none of them: several may be, and what each takes is being worked on.
   */
  async claim(
    id: string,
    run: (lost: readonly string[]) => Promise<UnitResult>,
  ): Promise<UnitResult> {
    const lost = [...this.#lost];
    let result: UnitResult;
    try {
      result = await run(lost);
    } catch (error) {
      this.add(id);
      throw error;
    }
    for (const returned of lost) this.#lost.delete(returned);
    return result;
  }
}
