import { describe, expect, it } from 'vitest';
import { createIntake, type EventInlet } from './create-intake.ts';
import type { Intake, RequestDraft } from './intake.ts';
import { createSeen } from './seen.ts';

const listening = (max?: number): EventInlet =>
  createIntake({
    seen: createSeen(max),
    listensTo: ({ queueId, userId }) => queueId === 'support' || userId === 'ann',
  });

const frame = (conversation: string, customer = 'p1', queue = 'support'): unknown => ({
  topicName: `v2.routing.queues.${queue}.conversations`,
  eventBody: {
    id: conversation,
    participants: [{ id: customer, purpose: 'customer', calls: [{ state: 'connected' }] }],
  },
});
const detail = (event: string, body: object): unknown => ({
  topicName: `v2.detail.events.conversation.c1.${event}`,
  eventBody: { conversationId: 'c1', ...body },
});

const requestsOf = (intake: Intake): readonly RequestDraft[] =>
  intake.kind === 'taken' ? intake.requests : [];
const keysOf = (intake: Intake): (string | undefined)[] =>
  requestsOf(intake).map((request) => request.dedupeKey);

const ask = (inlet: EventInlet, id: string): number => {
  const requests = requestsOf(inlet.take(frame(id)));
  inlet.accepted(requests);
  return requests.length;
};

describe('createIntake', () => {
  it('asks once for a conversation and observes every frame of it', () => {
    const inlet = listening();
    const first = inlet.take(frame('c1'));
    expect(keysOf(first)).toEqual(['seen:c1:p1']);
    inlet.accepted(requestsOf(first));
    expect(inlet.take(frame('c1'))).toMatchObject({
      requests: [],
      observations: [{ kind: 'conversation' }],
    });
  });

  it('asks again with the same key until the request is durable, so that a refused one is not lost', () => {
    const inlet = listening();
    expect(keysOf(inlet.take(frame('c1')))).toEqual(['seen:c1:p1']);
    expect(keysOf(inlet.take(frame('c1')))).toEqual(['seen:c1:p1']);
  });

  it('asks again when the customer is another participant', () => {
    const inlet = listening();
    inlet.accepted(requestsOf(inlet.take(frame('c1', 'p1'))));
    const changed = inlet.take(frame('c1', 'p2'));
    expect(keysOf(changed)).toEqual(['seen:c1:p2']);
    inlet.accepted(requestsOf(changed));
    expect(keysOf(inlet.take(frame('c1', 'p2')))).toEqual([]);
  });

  it('only observes on a queue that nobody listens to', () => {
    const intake = listening().take(frame('c1', 'p1', 'sales'));
    expect(intake).toMatchObject({ requests: [], observations: [{ kind: 'conversation' }] });
  });

  it('listens to a routed conversation by queue or by user, and does not ask again once its customer shows', () => {
    const inlet = listening();
    expect(keysOf(inlet.take(detail('acd.start', { queueId: 'sales' })))).toEqual([]);
    expect(requestsOf(inlet.take(detail('user.start', { userId: 'ann' })))).toHaveLength(1);
    const routed = inlet.take(detail('acd.start', { queueId: 'support' }));
    inlet.accepted(requestsOf(routed));
    expect(requestsOf(routed)).toHaveLength(1);
    expect(keysOf(inlet.take(frame('c1', 'p1')))).toEqual([]);
    expect(keysOf(inlet.take(frame('c1', 'p2')))).toEqual(['seen:c1:p2']);
  });

  it('gives the same conversation the same key whichever inlet brought it', () => {
    const start = detail('customer.start', { participantId: 'p1' });
    const envelope = { id: 'eb-1', 'detail-type': 'x', detail: start };
    expect(keysOf(listening().take(envelope))).toEqual(['seen:c1:p1']);
    expect(keysOf(listening().take(start, 'msg-1'))).toEqual(['seen:c1:p1']);
  });

  it('keys an event without a customer by its delivery', () => {
    const acd = detail('acd.start', { queueId: 'support' });
    expect(keysOf(listening().take({ id: 'eb-1', 'detail-type': 'x', detail: acd }))).toEqual([
      'eventbridge:eb-1',
    ]);
    expect(keysOf(listening().take(acd, 'msg-1'))).toEqual(['webhook:msg-1']);
  });

  it('always takes a flat request, keyed by execution, else by delivery, else by nothing', () => {
    const inlet = listening();
    const flat = { conversationId: 'c1' };
    inlet.accepted(requestsOf(inlet.take(frame('c1'))));
    expect(keysOf(inlet.take({ ...flat, executionId: 'x1' }, 'msg-1'))).toEqual(['action:c1:x1']);
    expect(keysOf(inlet.take(flat, 'msg-1'))).toEqual(['webhook:msg-1']);
    expect(keysOf(inlet.take(flat, 'bad\nid'))).toEqual([undefined]);
  });
});

describe('createSeen', () => {
  it('forgets the conversation that was longest not seen, and counts it', () => {
    const seen = createSeen(2);
    const inlet = createIntake({ seen, listensTo: () => true });
    expect([ask(inlet, 'a'), ask(inlet, 'b'), ask(inlet, 'a'), ask(inlet, 'c')]).toEqual([
      1, 1, 0, 1,
    ]);
    expect([ask(inlet, 'a'), ask(inlet, 'b')]).toEqual([0, 1]);
    expect(seen.size).toBe(2);
    expect(seen.evictions).toBe(2);
  });

  it('refuses a size that is no whole number of at least 1', () => {
    expect(() => createSeen(0)).toThrow(RangeError);
  });
});
