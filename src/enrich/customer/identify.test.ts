import { describe, expect, it } from 'vitest';
import { aConversation, aParticipant } from '../../../test/fixtures/enrichment.ts';
import type { Conversation } from '../../domain/conversation.ts';
import { compileExpression } from '../expression/expression.ts';
import { identify, type Identification, type KeySource } from './identify.ts';
import { bareNumber, loadToE164 } from './phone.ts';

const phoneLeg = (address: string): object => ({
  id: 'l',
  state: 'connected',
  self: { addressRaw: address },
});
const caller = (address: string): Conversation =>
  aConversation(aParticipant('cust', 'customer', { calls: [phoneLeg(address)] }));

function identifyIn(
  conversation: Conversation,
  sources: readonly KeySource[],
  request: Parameters<typeof identify>[0]['request'] = {},
): Promise<Identification> {
  const [participant] = conversation.participants;
  if (participant === undefined) throw new Error('the conversation needs a participant');
  return identify({ conversation, participant, request }, sources, () => loadToE164('DE'));
}

const keyExpression = (text: string): KeySource => ({
  kind: 'expression',
  expression: compileExpression(text),
});

const said = ({ key, keyKind }: Identification): string =>
  `${keyKind ?? 'nothing'} ${key ?? ''}`.trim();

describe('identify', () => {
  it.for([
    ['tel:+15551230001', 'phone +15551230001'],
    ['tel:+1-555-123-0001;ext=5', 'phone +15551230001'],
    ['sip:+15551230001@edge.example;user=phone', 'phone +15551230001'],
    ['sip:%2B15551230001@edge.example', 'phone +15551230001'],
    ['+49 (30) 901820', 'phone +4930901820'],
    ['030 901820', 'phone +4930901820'],
    ['sip:anonymous@anonymous.invalid', 'nothing'],
    ['anonymous', 'nothing'],
    ['tel:+1', 'nothing'],
    ['sip:alice@example.com', 'nothing'],
  ])('reads %s as "%s"', async ([address = '', expected]) => {
    expect(said(await identifyIn(caller(address), [{ kind: 'phone' }]))).toBe(expected);
  });

  it('takes the first place that yields a value, and tells what it tried before', async () => {
    const found = await identifyIn(caller('tel:+15551230001'), [
      { kind: 'externalId' },
      { kind: 'attribute', attribute: 'crm.customerId' },
      { kind: 'phone' },
      { kind: 'email' },
    ]);
    expect(found).toEqual({
      key: '+15551230001',
      keyKind: 'phone',
      tried: [
        { keyKind: 'externalId', outcome: 'absent' },
        { keyKind: 'attribute:crm.customerId', outcome: 'absent' },
        { keyKind: 'phone', outcome: 'used' },
      ],
    });
  });

  it('says that an address is there but unusable', async () => {
    const { tried } = await identifyIn(caller('sip:anonymous@anonymous.invalid'), [
      { kind: 'phone' },
    ]);
    expect(tried[0]).toMatchObject({ keyKind: 'phone', outcome: 'unusable' });
  });

  it('prefers a phone number given with the request to the caller’s', async () => {
    const found = await identifyIn(caller('tel:+15551230001'), [{ kind: 'phone' }], {
      phone: '+15551230002',
    });
    expect(found.key).toBe('+15551230002');
  });

  it('reads the number to call back of a callback', async () => {
    const conversation = aConversation({
      id: 'cust',
      purpose: 'customer',
      callbacks: [{ id: 'l', state: 'scheduled', callbackNumbers: ['+15551230009'] }],
    });
    expect(said(await identifyIn(conversation, [{ kind: 'phone' }]))).toBe('phone +15551230009');
  });

  it('reads external contact, attribute, e-mail, message address and conversation', async () => {
    const fromAddress = { addressNormalized: 'guest-7' };
    const conversation = aConversation({
      id: 'cust',
      purpose: 'customer',
      externalContactId: 'ec-1',
      attributes: { 'crm.customerId': ' C7 ' },
      messages: [{ id: 'l', state: 'connected', direction: 'inbound', fromAddress }],
      emails: [
        {
          id: 'm',
          state: 'connected',
          direction: 'inbound',
          fromAddress: { addressRaw: 'Ada@Example.com' },
        },
      ],
    });
    const kinds: readonly KeySource[] = [
      { kind: 'externalContact' },
      { kind: 'attribute', attribute: 'crm.customerId' },
      { kind: 'email' },
      { kind: 'messageAddress' },
      { kind: 'conversationId' },
    ];
    const found = await Promise.all(kinds.map((kind) => identifyIn(conversation, [kind])));
    expect(found.map(said)).toEqual([
      'externalContact ec-1',
      'attribute:crm.customerId C7',
      'email ada@example.com',
      'messageAddress guest-7',
      'conversationId c1',
    ]);
  });

  it('takes what an expression gives, and names one that fails', async () => {
    const conversation = aConversation(
      aParticipant('cust', 'customer', { attributes: { loyalty: 'L-9' } }),
    );
    expect(
      said(
        await identifyIn(conversation, [
          keyExpression("$substringAfter(participant.attributes.loyalty, '-')"),
        ]),
      ),
    ).toBe('expression 9');
    expect(await identifyIn(conversation, [keyExpression('participant.id + 1')])).toMatchObject({
      key: undefined,
      tried: [{ keyKind: 'expression', outcome: 'unusable' }],
    });
  });

  it('refuses a key that is too long to be one', async () => {
    const found = await identifyIn(caller('x'), [{ kind: 'externalId' }], {
      externalId: 'a'.repeat(513),
    });
    expect(found.tried).toEqual([
      { keyKind: 'externalId', outcome: 'unusable', detail: 'longer than 512 characters' },
    ]);
  });
});

describe('bareNumber', () => {
  it('leaves names, e-mail addresses and overlong text alone', () => {
    expect(
      ['alice', 'alice@example.com', '12@example.com', '1'.repeat(300)].map(bareNumber),
    ).toEqual([undefined, undefined, undefined, undefined]);
  });
});
