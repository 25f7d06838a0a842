import { describe, expect, it } from 'vitest';
import { nameDatabase, staleDatabases } from './database-names.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 21, 12);

describe('staleDatabases', () => {
  it('finds what a run left hours ago, and nothing of a run that may go on', () => {
    const [old, young] = [NOW_MS - 7 * HOUR_MS, NOW_MS - 5 * HOUR_MS].map(nameDatabase);
    expect(staleDatabases([old ?? '', young ?? ''], NOW_MS)).toEqual([old]);
  });

  it('leaves every database alone that is not named as ours are', () => {
    const others = ['postgres', 'test', 'rapport', 'rapport_test_1', 'rapport_test_1_customers'];
    expect(staleDatabases(others, NOW_MS)).toEqual([]);
  });
});
