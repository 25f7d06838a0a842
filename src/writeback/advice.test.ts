import { describe, expect, it } from 'vitest';
import type { AttributeState } from '../domain/outcome.ts';
import { adviceFor } from './advice.ts';

describe('adviceFor', () => {
  it('says nothing of a good state, and what to do about every other one', () => {
    const good: readonly AttributeState[] = ['visible', 'wiped', 'applied'];
    for (const state of good) expect(adviceFor(state, {})).toBeUndefined();
    const bad: readonly AttributeState[] = [
      'in-doubt',
      'ignored',
      'unverified',
      'overwritten',
      'refused',
      'wrong-participant',
      'failed',
      'ended',
      'wipe-failed',
    ];
    for (const state of bad)
      expect([state, adviceFor(state, {})]).toEqual([state, expect.any(String)]);
  });

  it('tells an ended conversation from one that the platform does not know', () => {
    expect(adviceFor('ended', { reason: 'ended' })).toMatch(/attributes get --ended/);
    expect(adviceFor('ended', { code: 'not.found' })).toMatch(/Check the id and the region/);
  });

  it('names the next step after conflicts and rate limits that did not pass', () => {
    expect(adviceFor('failed', { reason: 'request.conflict' })).toMatch(/409 each time/);
    expect(adviceFor('failed', { reason: 'too.many.requests' })).toMatch(/client of its own/);
    expect(adviceFor('failed', { reason: 'internal.server.error' })).toMatch(/correlation id/);
  });

  it('says what a late or a last-moment proof means', () => {
    expect(adviceFor('visible', { lateMs: 1500 })).toMatch(/1500 ms later/);
    expect(adviceFor('applied', { atEnd: true })).toMatch(/analytics may not keep it/);
    expect(adviceFor('unverified', { reason: 'ended' })).toMatch(
      /before the write could be proved/,
    );
  });
});
