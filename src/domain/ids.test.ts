import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { parseConversationId, type ConversationId } from './ids.ts';

const ID = '7d1d5e0b-0c53-4f0a-9a51-3a9c6f0f0c01';
const MIB = 1_048_576;

function collected(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

describe('parseConversationId', () => {
  it('keeps nothing of the text that an id was cut out of', () => {
    const before = collected();
    const kept: ConversationId[] = [];
    for (let nth = 0; nth < 500; nth += 1) {
      const url = Buffer.from(`/v1/conversations/${ID}/enrich?${'x'.repeat(100_000)}`).toString();
      kept.push(parseConversationId(url.slice(18, 18 + ID.length)));
    }
    // All of the texts together are 48 MiB.
    expect(collected() - before).toBeLessThan(10 * MIB);
    expect(new Set(kept)).toEqual(new Set([ID]));
  });
});
