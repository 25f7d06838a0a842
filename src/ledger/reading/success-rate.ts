import type { LedgerStats } from './records.ts';

/**
 * Turns that did what they were to do, of all that could: from 0 to 1. A customer whom no source
 * knows is an answer; a conversation that was over before its turn counts neither way. Undefined
 * when there were none.
 */
export function successRate({ outcomes }: Pick<LedgerStats, 'outcomes'>): number | undefined {
  const { enriched = 0, unchanged = 0, 'not-found': notFound = 0, failed = 0 } = outcomes;
  const good = enriched + unchanged + notFound;
  return good + failed === 0 ? undefined : good / (good + failed);
}
