import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf } from '../../../test/fixtures/client.ts';
import type { Conversation } from '../../domain/conversation.ts';
import { parseConversationId } from '../../domain/ids.ts';
import { startEmulator, type Control, type Emulator, type Move } from '../../emulator/index.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import { resolveCustomer } from './resolve.ts';

/** What is played, and whom the table gives after the last move; `start` is the far end at the start. */
interface Played {
  readonly is: string;
  readonly start: (control: Control) => { conversationId: string; participantId: string };
  readonly moves: readonly Move[];
  readonly gives: string;
}

const inbound = (control: Control): ReturnType<Control['start']> =>
  control.start({ queue: 'Support' });
const dialled = (control: Control): ReturnType<Control['start']> =>
  control.startOutbound({ user: 'Ada Agent', to: '+15551230001' });

const answered: Move = { kind: 'answer', user: 'Ada Agent' };
const connected: Move = { kind: 'connect' };
const consulted: Move = { kind: 'consult', address: '+15551239999' };

const ROWS: readonly Played[] = [
  { is: 'an inbound call', start: inbound, moves: [], gives: 'start by inbound' },
  {
    is: 'an inbound call that an agent answered',
    start: inbound,
    moves: [answered],
    gives: 'start by inbound',
  },
  {
    is: 'a call that was transferred to another queue',
    start: inbound,
    moves: [answered, { kind: 'blind-transfer', queue: 'Sales' }],
    gives: 'start by blind-transfer',
  },
  {
    is: 'a call that was transferred twice',
    start: inbound,
    moves: [
      answered,
      { kind: 'blind-transfer', queue: 'Sales' },
      { kind: 'answer', user: 'Ben Agent' },
      { kind: 'blind-transfer', queue: 'Support' },
    ],
    gives: 'start by blind-transfer',
  },
  {
    is: 'a call that was transferred to somebody outside',
    start: inbound,
    moves: [answered, { kind: 'blind-transfer', address: '+15551239999' }],
    gives: 'start by blind-transfer',
  },
  {
    is: 'a consult with somebody outside',
    start: inbound,
    moves: [answered, consulted],
    gives: 'start by consult-transfer',
  },
  {
    is: 'a consult that became a transfer',
    start: inbound,
    moves: [answered, consulted, connected, { kind: 'complete-consult' }],
    gives: 'start by consult-transfer',
  },
  {
    is: 'a consult that was called off',
    start: inbound,
    moves: [answered, consulted, { kind: 'cancel-consult' }],
    gives: 'start by inbound',
  },
  {
    is: 'a conference of customer, agent and somebody outside',
    start: inbound,
    moves: [answered, consulted, connected, { kind: 'conference' }],
    gives: 'start by conference',
  },
  {
    is: 'a call that an agent dialled',
    start: dialled,
    moves: [],
    gives: 'start by agent-dialled',
  },
  {
    is: 'a call that an agent dialled and that was taken',
    start: dialled,
    moves: [connected],
    gives: 'start by agent-dialled',
  },
  {
    is: 'a consult during a call that an agent dialled',
    start: dialled,
    moves: [connected, consulted],
    gives: 'start by consult-transfer',
  },
  {
    is: 'a conference of several outside',
    start: dialled,
    moves: [connected, consulted, connected, { kind: 'conference' }],
    gives: 'start by several-externals',
  },
  {
    is: 'a call that an agent dialled and transferred',
    start: dialled,
    moves: [connected, { kind: 'blind-transfer', queue: 'Sales' }],
    gives: 'start by blind-transfer',
  },
  {
    is: 'a call on behalf of a queue',
    start: (control) =>
      control.startOutbound({ user: 'Ada Agent', to: '+15551230001', queue: 'Sales' }),
    moves: [connected],
    gives: 'start by outbound',
  },
  {
    is: 'a call between two of our own people',
    start: (control) => control.startInternal('Ada Agent', 'Ben Agent'),
    moves: [],
    gives: 'nobody by internal',
  },
  {
    is: 'a callback',
    start: (control) =>
      control.start({ media: 'callbacks', queue: 'Support', callbackNumbers: ['+15551230001'] }),
    moves: [],
    gives: 'start by callback',
  },
  {
    is: 'a callback that the agent placed',
    start: (control) =>
      control.start({ media: 'callbacks', queue: 'Support', callbackNumbers: ['+15551230001'] }),
    moves: [answered, { kind: 'place-callback' }],
    gives: 'start by callback',
  },
  {
    is: 'a web message',
    start: (control) => control.start({ media: 'messages', queue: 'Support' }),
    moves: [],
    gives: 'start by message',
  },
  {
    is: 'an e-mail',
    start: (control) => control.start({ media: 'emails', queue: 'Support' }),
    moves: [],
    gives: 'start by email',
  },
];

function said(conversation: Conversation, startId: string): string {
  const resolution = resolveCustomer(conversation);
  if (resolution.kind === 'none') return `nobody by ${resolution.rule}`;
  const who = resolution.participant.id === startId ? 'start' : resolution.participant.purpose;
  return `${who} by ${resolution.rule}`;
}

describe('resolveCustomer on conversations that are really played', () => {
  let emulator: Emulator;
  let client: GenesysClient;

  beforeAll(async () => {
    emulator = await startEmulator();
    client = clientOf(emulator);
  });

  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
  });

  const read = (id: string): Promise<Conversation> =>
    client.conversations.get(parseConversationId(id));

  it.for(ROWS)('gives "$gives" for $is', async ({ start, moves, gives }) => {
    const { conversationId, participantId } = start(emulator.control);
    for (const move of moves) emulator.control.move(conversationId, move);
    expect(said(await read(conversationId), participantId)).toBe(gives);
  });

  it('gives nobody once the customer has left, though the agent still talks to an expert', async () => {
    const { conversationId, participantId } = inbound(emulator.control);
    for (const move of [answered, consulted, connected] as const)
      emulator.control.move(conversationId, move);
    emulator.control.move(conversationId, { kind: 'leave', participantId });
    expect(said(await read(conversationId), participantId)).toBe('nobody by customer-left');
  });

  it('gives nobody after the end', async () => {
    const { conversationId, participantId } = inbound(emulator.control);
    emulator.control.end(conversationId);
    expect(said(await read(conversationId), participantId)).toBe('nobody by ended');
  });
});
