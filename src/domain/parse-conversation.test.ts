import { describe, expect, it } from 'vitest';
import { hasEnded, mediaOf } from './conversation.ts';
import { parseConversation } from './parse-conversation.ts';

const call = {
  id: 'c1',
  startTime: '2026-01-05T09:00:00.000Z',
  participants: [
    {
      id: 'p1',
      purpose: 'customer',
      attributes: JSON.parse('{"__proto__":"x","crm.tier":"gold","n":5}') as unknown,
      calls: [
        {
          id: 'l1',
          state: 'connected',
          direction: 'inbound',
          self: { addressNormalized: 'tel:+15551230001' },
        },
      ],
    },
    { purpose: 'no id' },
    'nonsense',
  ],
};

describe('parseConversation', () => {
  it('keeps hostile keys as ordinary keys and other writers’ numbers as text', () => {
    const attributes = parseConversation(call).participants[0]?.attributes;
    expect([...(attributes ?? [])]).toEqual([
      ['__proto__', 'x'],
      ['crm.tier', 'gold'],
      ['n', '5'],
    ]);
  });

  it('reads the customer’s own address from the leg', () => {
    expect(parseConversation(call).participants[0]?.communications[0]?.address).toBe(
      'tel:+15551230001',
    );
  });

  it('leaves out what is not a participant', () => {
    expect(parseConversation(call).participants).toHaveLength(1);
  });

  it('takes the flattened participants of a per-media answer', () => {
    const conversation = parseConversation({
      id: 'c1',
      participants: [{ id: 'p1', purpose: 'customer', state: 'disconnected', user: { id: 'u' } }],
    });
    expect(conversation.participants[0]?.userId).toBe('u');
    expect(hasEnded(conversation)).toBe(true);
    expect(mediaOf(conversation)).toBe('other');
  });

  it.each([null, 'text', [], {}, { id: 'c1' }, { id: 'c1', participants: {} }])(
    'refuses %j with a code',
    (value) => {
      expect(() => parseConversation(value)).toThrow(
        expect.objectContaining({ code: 'ERR_NOT_A_CONVERSATION' }),
      );
    },
  );
});
