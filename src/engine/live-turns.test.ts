import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../domain/ids.ts';
import type { Observation } from '../domain/observation.ts';
import { LiveTurns } from './live-turns.ts';

const ONE = parseConversationId('c1');
const OTHER = parseConversationId('c2');
const ended = (conversationId = ONE, eventAt = 0): Observation => ({
  kind: 'ended',
  conversationId,
  eventAt,
});

describe('LiveTurns', () => {
  it('keeps what is observed of a conversation for the turn that has it, and gives it once', () => {
    const live = new LiveTurns();
    live.begin(ONE);
    expect(live.deliver(ended())).toBe(true);
    expect(live.deliver(ended(OTHER))).toBe(false);
    expect(live.take(ONE)).toEqual([ended()]);
    expect(live.take(ONE)).toEqual([]);
  });

  it('hands out what came too late when the turn is over, and takes nothing more', () => {
    const live = new LiveTurns();
    live.begin(ONE);
    live.deliver(ended(ONE, 1));
    live.take(ONE);
    live.deliver(ended(ONE, 2));
    expect(live.end(ONE)).toEqual([ended(ONE, 2)]);
    expect(live.deliver(ended())).toBe(false);
  });
});
