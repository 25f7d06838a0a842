import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../domain/ids.ts';
import { createValueMemory } from './value-memory.ts';

const ours = parseConversationId('ours');
const theirs = parseConversationId('theirs');

describe('createValueMemory', () => {
  it('forgets the values of the conversations that are named, and only those', () => {
    const values = createValueMemory();
    values.keep('a', 'gold', theirs);
    values.keep('b', 'de', theirs);
    values.keep('c', 'silver', ours);
    expect(values.forgetConversations(new Set([theirs]))).toBe(2);
    expect(['a', 'b', 'c'].map((digest) => values.get(digest))).toEqual([
      undefined,
      undefined,
      'silver',
    ]);
  });
});
