import { describe, expect, it } from 'vitest';
import { parseParticipantId } from '../../domain/ids.ts';
import { resolveCustomer, type Resolution } from './resolve.ts';
import { aConversation, aParticipant } from '../../../test/fixtures/enrichment.ts';

type Members = Readonly<Record<string, unknown>>;

const leg = (state: string, more: Members = {}): Members => ({
  calls: [{ id: 'l', state, ...more }],
});
const inbound = { calls: [{ id: 'l', state: 'connected', direction: 'inbound' }] };
const outbound = { calls: [{ id: 'l', state: 'connected', direction: 'outbound' }] };
const gone = leg('disconnected', { disconnectType: 'peer' });
const handedOver = leg('terminated', { disconnectType: 'transfer' });

interface Row {
  readonly is: string;
  readonly participants: readonly object[];
  readonly gives: string;
}

const said = (resolution: Resolution): string =>
  resolution.kind === 'customer'
    ? `${resolution.participant.id} by ${resolution.rule}`
    : `nobody, ${resolution.rule}`;

describe('resolveCustomer', () => {
  it.for<Row>([
    {
      is: 'an inbound call in the queue',
      participants: [
        aParticipant('cust', 'customer', inbound),
        aParticipant('ivr', 'ivr'),
        aParticipant('acd', 'acd'),
      ],
      gives: 'cust by inbound',
    },
    {
      is: 'a call that a campaign made',
      participants: [
        aParticipant('dial', 'dialer'),
        aParticipant('cust', 'customer', outbound),
        aParticipant('ag', 'agent'),
      ],
      gives: 'cust by outbound',
    },
    {
      is: 'a call that an agent dialled',
      participants: [aParticipant('ag', 'agent', outbound), aParticipant('ext', 'external')],
      gives: 'ext by agent-dialled',
    },
    {
      is: 'a call that a user dialled by hand, where the platform says customer',
      participants: [
        aParticipant('us', 'user', outbound),
        aParticipant('cust', 'customer', outbound),
      ],
      gives: 'cust by outbound',
    },
    {
      is: 'a call between two of our own people',
      participants: [aParticipant('a', 'user', outbound), aParticipant('b', 'user', inbound)],
      gives: 'nobody, internal',
    },
    {
      is: 'a callback that waits for an agent',
      participants: [
        {
          id: 'cust',
          purpose: 'customer',
          callbacks: [{ id: 'l', state: 'scheduled', callbackNumbers: ['+1555'] }],
        },
        aParticipant('acd', 'acd'),
      ],
      gives: 'cust by callback',
    },
    {
      is: 'a callback while the agent calls back, with the far end as a party of its own',
      participants: [
        { id: 'cust', purpose: 'customer', callbacks: [{ id: 'l', state: 'connected' }] },
        aParticipant('ag', 'agent', outbound),
        aParticipant('ext', 'external'),
      ],
      gives: 'cust by callback',
    },
    {
      is: 'a web message',
      participants: [
        {
          id: 'cust',
          purpose: 'customer',
          messages: [{ id: 'l', state: 'connected', type: 'webmessaging' }],
        },
      ],
      gives: 'cust by message',
    },
    {
      is: 'an e-mail',
      participants: [
        { id: 'cust', purpose: 'customer', emails: [{ id: 'l', state: 'connected' }] },
      ],
      gives: 'cust by email',
    },
    {
      is: 'a blind transfer to a second agent',
      participants: [
        aParticipant('cust', 'customer', inbound),
        aParticipant('ag1', 'agent', handedOver),
        aParticipant('ag2', 'agent'),
      ],
      gives: 'cust by blind-transfer',
    },
    {
      is: 'a blind transfer to somebody outside',
      participants: [
        aParticipant('cust', 'customer', inbound),
        aParticipant('ag1', 'agent', handedOver),
        aParticipant('ext', 'external', outbound),
      ],
      gives: 'cust by blind-transfer',
    },
    {
      is: 'a blind transfer of a call that an agent dialled',
      participants: [
        aParticipant('ag1', 'agent', handedOver),
        aParticipant('ext', 'external'),
        aParticipant('ag2', 'agent'),
      ],
      gives: 'ext by blind-transfer',
    },
    {
      is: 'a consult with somebody outside',
      participants: [
        aParticipant('cust', 'customer', inbound),
        aParticipant('ag1', 'agent'),
        aParticipant('ext', 'external', { consultParticipantId: 'ag1' }),
      ],
      gives: 'cust by consult-transfer',
    },
    {
      is: 'a consult during a call that an agent dialled',
      participants: [
        aParticipant('ag1', 'agent', outbound),
        aParticipant('ext1', 'external'),
        aParticipant('ext2', 'external', { consultParticipantId: 'ag1' }),
      ],
      gives: 'ext1 by consult-transfer',
    },
    {
      is: 'a conference of two customers',
      participants: [
        aParticipant('cust1', 'customer', inbound),
        aParticipant('cust2', 'customer', inbound),
        aParticipant('ag', 'agent'),
      ],
      gives: 'cust1 by conference',
    },
    {
      is: 'a conference of a customer, an agent and an expert outside',
      participants: [
        aParticipant('cust', 'customer', inbound),
        aParticipant('ag', 'agent'),
        aParticipant('ext', 'external'),
      ],
      gives: 'cust by conference',
    },
    {
      is: 'a call that an agent handed over after a consult',
      participants: [
        aParticipant('cust', 'customer', inbound),
        aParticipant('ag', 'agent', leg('terminated', { disconnectType: 'transfer.consult' })),
        aParticipant('ext', 'external'),
      ],
      gives: 'cust by consult-transfer',
    },
    {
      is: 'a conference whose first customer has left',
      participants: [
        aParticipant('cust1', 'customer', gone),
        aParticipant('cust2', 'customer', inbound),
      ],
      gives: 'cust2 by inbound',
    },
    {
      is: 'a conference that an agent dialled with several outside',
      participants: [
        aParticipant('ag', 'agent'),
        aParticipant('ext1', 'external'),
        aParticipant('ext2', 'external'),
      ],
      gives: 'ext1 by several-externals',
    },
    {
      is: 'an agent who talks on with an expert after the customer hung up',
      participants: [
        aParticipant('cust', 'customer', gone),
        aParticipant('ag', 'agent'),
        aParticipant('ext', 'external'),
      ],
      gives: 'nobody, customer-left',
    },
    {
      is: 'an agent who is still there after the far end hung up',
      participants: [aParticipant('ag', 'agent'), aParticipant('ext', 'external', gone)],
      gives: 'nobody, external-left',
    },
    {
      is: 'a call that has only reached a flow',
      participants: [aParticipant('ivr', 'ivr')],
      gives: 'nobody, no-customer',
    },
    { is: 'a conversation without participants', participants: [], gives: 'nobody, no-customer' },
    {
      is: 'a conversation that everybody has left',
      participants: [aParticipant('cust', 'customer', gone), aParticipant('ag', 'agent', gone)],
      gives: 'nobody, ended',
    },
    {
      is: 'purposes that the platform may add later',
      participants: [aParticipant('x', 'robot'), aParticipant('cust', 'customer', inbound)],
      gives: 'cust by inbound',
    },
  ])('gives "$gives" for $is', ({ participants, gives }) => {
    expect(said(resolveCustomer(aConversation(...participants)))).toBe(gives);
  });

  it('takes the participant that the request names before any row of the table', () => {
    const conversation = aConversation(
      aParticipant('cust', 'customer'),
      aParticipant('ag', 'agent'),
    );
    const target = { participantId: parseParticipantId('ag'), purpose: 'customer' };
    expect(said(resolveCustomer(conversation, target))).toBe('ag by explicit-participant');
  });

  it('says that a named participant is not in the conversation instead of taking another one', () => {
    const target = { participantId: parseParticipantId('elsewhere') };
    expect(resolveCustomer(aConversation(aParticipant('cust', 'customer')), target)).toEqual({
      kind: 'none',
      rule: 'participant-unknown',
      reason: 'participant elsewhere is not in the conversation',
    });
  });

  it('takes the first of an explicit purpose who is still there', () => {
    const conversation = aConversation(
      aParticipant('cust', 'customer'),
      aParticipant('ag1', 'agent', gone),
      aParticipant('ag2', 'agent'),
    );
    expect(said(resolveCustomer(conversation, { purpose: 'agent' }))).toBe(
      'ag2 by explicit-purpose',
    );
    expect(said(resolveCustomer(conversation, { purpose: 'fax' }))).toBe('nobody, purpose-absent');
  });

  it('gives the same participant before and after a transfer, by another rule', () => {
    const before = aConversation(
      aParticipant('cust', 'customer', inbound),
      aParticipant('ag1', 'agent'),
    );
    const after = aConversation(
      aParticipant('cust', 'customer', inbound),
      aParticipant('ag1', 'agent', handedOver),
      aParticipant('acd2', 'acd'),
    );
    expect([before, after].map((shape) => said(resolveCustomer(shape)))).toEqual([
      'cust by inbound',
      'cust by blind-transfer',
    ]);
  });
});
