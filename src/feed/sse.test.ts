import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../domain/ids.ts';
import { parseLastEventNumber, toServerSentEvent } from './sse.ts';

describe('toServerSentEvent', () => {
  it('frames an event so that nothing in it can end the frame', () => {
    const event = {
      conversationId: parseConversationId('c1'),
      n: 3,
      kind: 'key\r\ndata: forged',
      body: { text: 'line\n\nid: 9' },
      at: 5,
    };
    const text = toServerSentEvent({ kind: 'event', id: '3', event });
    expect(text.split('\n')).toEqual([
      'id: 3',
      'event: key  data: forged',
      `data: ${JSON.stringify({ conversationId: 'c1', n: 3, kind: event.kind, at: 5, body: event.body })}`,
      '',
      '',
    ]);
  });

  it('shows a gap as an event that can be resumed after, and a heartbeat as a comment', () => {
    expect(toServerSentEvent({ kind: 'gap', id: '7', missed: 2 })).toBe(
      'id: 7\nevent: gap\ndata: {"missed":2}\n\n',
    );
    expect(toServerSentEvent({ kind: 'heartbeat' })).toBe(': heartbeat\n\n');
  });
});

describe('parseLastEventNumber', () => {
  it.each([
    ['12', 12],
    ['0', 0],
    [undefined, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['99999999999999999999', undefined],
  ])('reads %j as %j', (text, expected) => {
    expect(parseLastEventNumber(text)).toBe(expected);
  });
});
