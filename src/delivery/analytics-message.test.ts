import { describe, expect, it } from 'vitest';
import { parseConversationId, parseTraceId } from '../domain/ids.ts';
import { analyticsMessage, type AnalyticsEvent } from './analytics-message.ts';

const event: AnalyticsEvent = {
  type: 'conversation.attributes.enriched',
  conversationId: parseConversationId('c1'),
  traceId: parseTraceId('t1'),
  at: Date.UTC(2026, 0, 5, 9),
  attributes: [
    { key: 'crm.tier', value: 'gold', class: 'public' },
    { key: 'crm.birthday', value: '1980-01-01', class: 'personal' },
    { key: 'crm.token', value: 's3cret', class: 'secret' },
    { key: '__proto__', value: 'x', class: 'public' },
  ],
};

describe('analyticsMessage', () => {
  it('is flat, with type, conversation, attributes, trace and time', () => {
    expect(JSON.parse(JSON.stringify(analyticsMessage('bi', { personal: 'mask' }, event)))).toEqual(
      {
        destination: 'bi',
        type: 'conversation.attributes.enriched',
        traceId: 't1',
        body: {
          eventType: 'conversation.attributes.enriched',
          conversationId: 'c1',
          attributes: JSON.parse(
            '{"crm.tier":"gold","crm.birthday":"***","__proto__":"x"}',
          ) as unknown,
          traceId: 't1',
          timestamp: '2026-01-05T09:00:00.000Z',
        },
      },
    );
  });

  it.each([
    ['omit', undefined],
    ['mask', '***'],
    ['send', '1980-01-01'],
  ] as const)(
    '%ss personal values when told so, and never sends secret ones',
    (personal, shown) => {
      const text = JSON.stringify(analyticsMessage('bi', { personal }, event));
      const { body } = JSON.parse(text) as { body: { attributes: Record<string, string> } };
      expect(body.attributes['crm.birthday']).toBe(shown);
      expect(text).not.toContain('s3cret');
    },
  );
});
