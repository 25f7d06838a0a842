import type { SharedWindow, WindowReport } from '../../domain/sharing.ts';

/**
 * Where several instances on one access token keep the rate window that they use up together. One
 * exchange is one transaction: an instance says what it knows and has, and takes what it wants. All
 * numbers are absolute, so an exchange whose answer was lost may be repeated, and what was claimed
 * by it unknowingly is free again. Durations only, since no two machines share a clock.
 */
export interface WindowStore {
  /** @throws when the store cannot be reached */
  exchange(report: WindowReport): Promise<SharedWindow>;
}
