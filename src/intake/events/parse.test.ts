import * as fc from 'fast-check';
import type { Models } from 'purecloud-platform-client-v2';
import { describe, expect, it } from 'vitest';
import { parseIntake } from './parse.ts';

const CONVERSATION = '6d3a1f3e-0001-4a6e-9d7c-0d6f5f3f0001';
const CUSTOMER = '6d3a1f3e-0002-4a6e-9d7c-0d6f5f3f0002';
const AGENT = '6d3a1f3e-0003-4a6e-9d7c-0d6f5f3f0003';
const QUEUE = '6d3a1f3e-0004-4a6e-9d7c-0d6f5f3f0004';

const leg = (state: string): Models.ConversationEventTopicCall => ({ id: 'leg', state });

/** The body of a queue or user topic, as the platform's own types declare it. */
function queueBody(
  ...participants: Models.ConversationEventTopicParticipant[]
): Models.ConversationEventTopicConversation {
  return { id: CONVERSATION, participants };
}

const frame = (topicName: string, eventBody: unknown): unknown => ({
  topicName,
  version: '2',
  eventBody,
  metadata: { CorrelationId: 'c' },
});
const queueFrame = (body: unknown): unknown =>
  frame(`v2.routing.queues.${QUEUE}.conversations`, body);
const detailFrame = (event: string, body: unknown): unknown =>
  frame(`v2.detail.events.conversation.${CONVERSATION}.${event}`, body);

const liveCustomer: Models.ConversationEventTopicParticipant = {
  id: CUSTOMER,
  purpose: 'customer',
  attributes: { 'crm.tier': 'gold' },
  calls: [leg('connected')],
};

describe('parseIntake', () => {
  it('sees a conversation with its customer and the whole body in a queue frame', () => {
    const parsed = parseIntake(queueFrame(queueBody(liveCustomer)));
    expect(parsed).toMatchObject({
      kind: 'seen',
      sighting: {
        conversationId: CONVERSATION,
        customerId: CUSTOMER,
        queueId: QUEUE,
        body: { conversation: { id: CONVERSATION } },
      },
      observations: [{ kind: 'conversation', conversationId: CONVERSATION }],
    });
  });

  it('takes the per-media topic of a queue, whose participants are flattened', () => {
    const body: Models.QueueConversationCallEventTopicCallConversation = {
      id: CONVERSATION,
      participants: [{ id: CUSTOMER, purpose: 'customer', state: 'connected' }],
    };
    const topic = `v2.routing.queues.${QUEUE}.conversations.calls`;
    expect(parseIntake(frame(topic, body))).toMatchObject({
      kind: 'seen',
      sighting: { customerId: CUSTOMER },
    });
  });

  it('prefers the customer over an external party and skips one who has left', () => {
    const gone = { ...liveCustomer, id: 'gone', calls: [leg('disconnected')] };
    const external = { id: 'ext', purpose: 'external', calls: [leg('connected')] };
    expect(parseIntake(queueFrame(queueBody(external, gone, liveCustomer)))).toMatchObject({
      sighting: { customerId: CUSTOMER },
    });
    expect(parseIntake(queueFrame(queueBody(gone, external)))).toMatchObject({
      sighting: { customerId: 'ext' },
    });
  });

  it('sees no sighting, but the end, in the frame of a conversation that everybody has left', () => {
    const over = { ...liveCustomer, calls: [leg('disconnected')] };
    expect(parseIntake(queueFrame(queueBody(over)))).toMatchObject({
      kind: 'seen',
      sighting: undefined,
      observations: [
        { kind: 'conversation' },
        { kind: 'customer-left', participantId: CUSTOMER },
        { kind: 'ended', conversationId: CONVERSATION },
      ],
    });
  });

  it('says that the customer left while the agent is still wrapping up', () => {
    const over = { ...liveCustomer, endTime: '2026-01-05T09:05:00.000Z' };
    const agent = { id: AGENT, purpose: 'agent', calls: [leg('connected')] };
    expect(parseIntake(queueFrame(queueBody(over, agent)))).toMatchObject({
      sighting: undefined,
      observations: [
        { kind: 'conversation' },
        { kind: 'customer-left', eventAt: Date.UTC(2026, 0, 5, 9, 5) },
      ],
    });
  });

  it('takes participant, phone and external contact from customer.start, so that nothing must be read', () => {
    const body: Models.CustomerStartDetailEventTopicCustomerStartEvent = {
      eventTime: 1_767_603_600_000,
      conversationId: CONVERSATION,
      participantId: CUSTOMER,
      mediaType: 'VOICE',
      direction: 'INBOUND',
      ani: 'tel:+15551230001',
      dnis: 'tel:+15559990000',
      externalContactId: 'ec1',
    };
    expect(parseIntake(detailFrame('customer.start', body))).toMatchObject({
      kind: 'seen',
      sighting: {
        customerId: CUSTOMER,
        body: {
          participantId: CUSTOMER,
          phone: 'tel:+15551230001',
          externalContactId: 'ec1',
          seenAt: 1_767_603_600_000,
        },
      },
    });
  });

  it.each([
    [
      'an outbound call',
      { direction: 'OUTBOUND', ani: 'us', dnis: 'tel:+1555' },
      'phone',
      'tel:+1555',
    ],
    ['a callback', { callbackNumbers: ['+1556'], ani: 'tel:+1557' }, 'phone', '+1556'],
    ['a message', { mediaType: 'MESSAGE', addressFrom: 'opaque' }, 'address', 'opaque'],
    ['an e-mail', { mediaType: 'EMAIL', addressFrom: 'a@b.example' }, 'email', 'a@b.example'],
  ])('finds the far end of %s', (_, fields, member, expected) => {
    const body: Models.CustomerStartDetailEventTopicCustomerStartEvent = {
      conversationId: CONVERSATION,
      participantId: CUSTOMER,
      ...fields,
    };
    expect(parseIntake(detailFrame('customer.start', body))).toMatchObject({
      sighting: { body: { [member]: expected } },
    });
  });

  it('reads each detail event that proof and guard need', () => {
    const at = { eventTime: 5, conversationId: CONVERSATION, participantId: CUSTOMER };
    const attributes: Models.AttributeDetailEventTopicAttributeUpdateEvent = {
      ...at,
      attributes: { 'crm.tier': 'gold' },
    };
    const end: Models.CustomerEndDetailEventTopicCustomerEndEvent = {
      ...at,
      disconnectType: 'PEER',
    };
    const flow: Models.FlowEndDetailEventTopicFlowEndEvent = {
      ...at,
      flowId: 'f1',
      flowType: 'INBOUNDCALL',
    };
    const expected = { conversationId: CONVERSATION, eventAt: 5 };
    expect(parseIntake(detailFrame('attributes', attributes))).toMatchObject({
      observations: [
        { ...expected, kind: 'attributes', attributes: new Map([['crm.tier', 'gold']]) },
      ],
    });
    expect(parseIntake(detailFrame('customer.end', end))).toMatchObject({
      observations: [{ ...expected, kind: 'customer-left', participantId: CUSTOMER }],
    });
    expect(parseIntake(detailFrame('flow.start', flow))).toMatchObject({
      observations: [{ ...expected, kind: 'flow-started', flowId: 'f1', flowType: 'INBOUNDCALL' }],
    });
    expect(parseIntake(detailFrame('flow.end', flow))).toMatchObject({
      observations: [{ ...expected, kind: 'flow-ended', flowId: 'f1', flowType: 'INBOUNDCALL' }],
    });
  });

  it('does not take the queue’s or the agent’s participant for the customer', () => {
    const acd: Models.AcdStartDetailEventTopicAcdStartEvent = {
      conversationId: CONVERSATION,
      participantId: AGENT,
      queueId: QUEUE,
    };
    const parsed = parseIntake(detailFrame('acd.start', acd));
    expect(parsed).toMatchObject({
      sighting: { conversationId: CONVERSATION, customerId: undefined, queueId: QUEUE },
    });
  });

  it('unwraps an EventBridge envelope, keeping its id and its time', () => {
    const detail = {
      topicName: `v2.routing.queues.${QUEUE}.conversations`,
      eventBody: queueBody(liveCustomer),
    };
    const envelope = {
      version: '0',
      id: 'eb-1',
      'detail-type': 'v2.routing.queues.{id}.conversations',
      source: 'aws.partner/genesys.com/cloud/org/suffix',
      time: '2026-01-05T09:00:00Z',
      detail,
    };
    expect(parseIntake(envelope)).toMatchObject({
      kind: 'seen',
      eventId: 'eb-1',
      observations: [{ eventAt: Date.UTC(2026, 0, 5, 9) }],
    });
  });

  it('takes the flat request of a data action, numbers as text, with its execution as the key', () => {
    const body = {
      conversationId: CONVERSATION,
      participantId: CUSTOMER,
      externalId: 4711,
      phone: ' +15551230001 ',
      email: '',
      reason: 'menu 3',
      executionId: 'x-1',
    };
    expect(parseIntake(body)).toMatchObject({
      kind: 'asked',
      request: {
        conversationId: CONVERSATION,
        dedupeKey: `action:${CONVERSATION}:x-1`,
        body: {
          participantId: CUSTOMER,
          externalId: '4711',
          phone: '+15551230001',
          email: undefined,
          reason: 'menu 3',
        },
      },
    });
  });

  it.each([
    [null, 'unknown-form'],
    ['text', 'unknown-form'],
    [[{}], 'unknown-form'],
    [{}, 'unknown-form'],
    [{ conversationId: '../x' }, 'bad-request'],
    [{ conversationId: '' }, 'bad-request'],
    [{ conversationId: { $ne: 1 } }, 'bad-request'],
    [{ conversationId: CONVERSATION, participantId: {} }, 'bad-request'],
    [{ conversationId: CONVERSATION, phone: ['+1555'] }, 'bad-request'],
    [{ 'detail-type': 'v2.detail.events.conversation.{id}.customer.start' }, 'malformed'],
    [{ 'detail-type': 'any', detail: 'text', conversationId: '../x' }, 'malformed'],
    [{ topicName: 'channel.metadata', eventBody: { message: 'pong' } }, 'channel-traffic'],
    [{ result: '200', status: 'subscribed', correlationId: '1' }, 'channel-traffic'],
    [{ topicName: 'v2.users.u.presence', eventBody: {} }, 'other-topic'],
    [{ topicName: 'constructor', eventBody: {} }, 'other-topic'],
    [detailFrame('wrapup', { conversationId: CONVERSATION }), 'other-event'],
    [detailFrame('customer.start', { conversationId: CONVERSATION }), 'malformed'],
    [detailFrame('customer.start', null), 'malformed'],
    [queueFrame({ id: CONVERSATION }), 'malformed'],
    [queueFrame({ id: 'a b', participants: [] }), 'malformed'],
  ])('ignores %j as %s', (body, reason) => {
    expect(parseIntake(body)).toMatchObject({ kind: 'ignored', reason });
  });

  it('asks for nobody else where the customer’s id is too long, and keeps what fits of a reason', () => {
    const asked = { conversationId: CONVERSATION, phone: '+1555', reason: 'r'.repeat(600) };
    expect(parseIntake({ ...asked, externalId: 'x'.repeat(513) })).toMatchObject({
      kind: 'ignored',
      reason: 'bad-request',
      detail: 'externalId must be a text of at most 512 characters, got 513',
    });
    expect(parseIntake({ ...asked, externalId: 'x'.repeat(512) })).toMatchObject({
      request: { body: { externalId: 'x'.repeat(512), reason: 'r'.repeat(512) } },
    });
  });

  it('survives nesting deeper than the stack', () => {
    const depth = 200_000;
    const nested = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;
    const hostile = { ...liveCustomer, attributes: { deep: nested } };
    expect(parseIntake(queueFrame({ id: CONVERSATION, participants: [hostile] }))).toMatchObject({
      kind: 'ignored',
      reason: 'malformed',
    });
  });

  it('never throws and never touches a prototype, whatever JSON comes in', () => {
    const json = fc.jsonValue({ maxDepth: 6 });
    const hostileKey = fc.constantFrom('__proto__', 'constructor', 'prototype', 'attributes', 'id');
    const hostile = fc
      .dictionary(hostileKey, json)
      .map((o) => JSON.parse(JSON.stringify(o)) as unknown);
    const inner = fc.oneof(json, hostile);
    const topic = fc.constantFrom(
      `v2.routing.queues.${QUEUE}.conversations`,
      `v2.detail.events.conversation.${CONVERSATION}.customer.start`,
      `v2.detail.events.conversation.${CONVERSATION}.attributes`,
      'v2.users.{id}.conversations',
      '__proto__',
    );
    const participant = fc.record(
      { id: inner, purpose: inner, attributes: inner, calls: inner, endTime: inner },
      { requiredKeys: [] },
    );
    const eventBody = fc.oneof(
      inner,
      fc.record({
        id: fc.oneof(inner, fc.constant(CONVERSATION)),
        participants: fc.array(participant),
      }),
      fc.record({
        conversationId: fc.oneof(inner, fc.constant(CONVERSATION)),
        participantId: inner,
      }),
    );
    const framed = fc.record({ topicName: topic, eventBody });
    const body = fc.oneof(
      inner,
      framed,
      fc.record({ 'detail-type': fc.string(), detail: framed, time: inner, id: inner }),
      fc.record({ conversationId: inner, phone: inner, executionId: inner }),
    );
    const clean = Object.getOwnPropertyNames(Object.prototype).join();
    fc.assert(
      fc.property(body, (value) => {
        const before = JSON.stringify(value);
        expect(['seen', 'asked', 'ignored']).toContain(parseIntake(value).kind);
        expect(JSON.stringify(value)).toBe(before);
        expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(clean);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 150) },
    );
  });
});
