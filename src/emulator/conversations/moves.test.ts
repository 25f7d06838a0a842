import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { DEFAULT_SEED, plant } from '../world/seed.ts';
import { World } from '../world/world.ts';
import { moveConversation, type Move } from './move.ts';
import { placeCallback, startInternalCall, startOutboundCall } from './outbound.ts';
import { startInbound, type InboundStart } from './start.ts';
import { mainLeg } from './state.ts';
import type { ConversationState } from '../world/model.ts';

function setUp() {
  const world = new World({ clock: new ManualClock(), seed: 1 });
  plant(world, new Map(), DEFAULT_SEED);
  return world;
}

/** Purpose, then state, then how it ended: `agent connected`, `acd disconnected transfer`. */
const shapeOf = (conversation: ConversationState): string[] =>
  conversation.participants.map((p) => {
    const leg = mainLeg(p);
    return [p.purpose, leg?.state, leg?.held === true ? 'held' : undefined, leg?.disconnectType]
      .filter((word) => word !== undefined)
      .join(' ');
  });

function play(world: World, start: InboundStart, moves: readonly Move[]): ConversationState {
  const architect = { start: () => undefined };
  const { conversationId } = startInbound({ world, architect }, start);
  const conversation = world.conversations.get(conversationId);
  if (conversation === undefined) throw new Error('it was not started');
  for (const move of moves) moveConversation(world, conversation, move);
  return conversation;
}

const answered: readonly Move[] = [{ kind: 'answer', user: 'Ada Agent' }];

describe('moveConversation', () => {
  it('leaves the queue when an agent answers', () => {
    const call = play(setUp(), { queue: 'Support' }, answered);
    expect(shapeOf(call)).toEqual([
      'customer connected',
      'acd disconnected transfer',
      'agent connected',
    ]);
  });

  it('creates a new acd and a new agent participant at a blind transfer to a queue', () => {
    const call = play(setUp(), { queue: 'Support' }, [
      ...answered,
      { kind: 'blind-transfer', queue: 'Sales' },
      { kind: 'answer', user: 'Ben Agent' },
    ]);
    expect(shapeOf(call)).toEqual([
      'customer connected',
      'acd disconnected transfer',
      'agent disconnected transfer',
      'acd disconnected transfer',
      'agent connected',
    ]);
  });

  it('holds the customer during a consult and gives it to the consulted party on completion', () => {
    const world = setUp();
    const call = play(world, { queue: 'Support' }, [
      ...answered,
      { kind: 'consult', user: 'Cleo Supervisor' },
    ]);
    const [customer] = call.participants;
    expect(shapeOf(call).filter((line) => !line.startsWith('acd'))).toEqual([
      'customer connected held',
      'agent connected',
      'user alerting',
    ]);
    expect(call.participants.map((p) => p.consultParticipantId)).toEqual([
      undefined,
      undefined,
      customer?.id,
      customer?.id,
    ]);
    moveConversation(world, call, { kind: 'answer' });
    moveConversation(world, call, { kind: 'complete-consult' });
    expect(shapeOf(call).filter((line) => !line.startsWith('acd'))).toEqual([
      'customer connected',
      'agent disconnected transfer.consult',
      'user connected',
    ]);
  });

  it('gives the customer back when a consult is cancelled or the consulted party hangs up', () => {
    const world = setUp();
    for (const last of ['cancel-consult', 'leave'] as const) {
      const call = play(world, { queue: 'Support' }, [
        ...answered,
        { kind: 'consult', address: '+15550009999' },
        { kind: 'connect' },
      ]);
      const consulted = call.participants.at(-1)?.id ?? '';
      moveConversation(
        world,
        call,
        last === 'leave' ? { kind: last, participantId: consulted } : { kind: last },
      );
      expect(shapeOf(call).filter((line) => !line.startsWith('acd'))).toEqual([
        'customer connected',
        'agent connected',
        'external disconnected client',
      ]);
      expect(call.endedAt).toBeUndefined();
    }
  });

  it('keeps all three connected in a conference, also when one of them leaves', () => {
    const world = setUp();
    const call = play(world, { queue: 'Support' }, [
      ...answered,
      { kind: 'consult', user: 'Cleo Supervisor' },
      { kind: 'answer' },
      { kind: 'conference' },
    ]);
    expect(shapeOf(call).filter((line) => line.endsWith('connected'))).toHaveLength(3);
    moveConversation(world, call, { kind: 'leave', participantId: call.participants[2]?.id ?? '' });
    expect(call.endedAt).toBeUndefined();
    moveConversation(world, call, { kind: 'leave', participantId: call.participants[0]?.id ?? '' });
    expect(call.endedAt).toBe(world.now());
  });

  it('refuses what nobody could do now', () => {
    const world = setUp();
    const call = play(world, { queue: 'Support' }, []);
    for (const kind of ['complete-consult', 'conference', 'decline', 'connect'] as const) {
      expect(() => moveConversation(world, call, { kind })).toThrow('This cannot happen now');
    }
  });

  it('wraps up after the end', () => {
    const world = setUp();
    const call = play(world, { queue: 'Support' }, answered);
    const [customer, , agent] = call.participants;
    moveConversation(world, call, { kind: 'leave', participantId: customer?.id ?? '' });
    const request = { wrapup: { code: 'w-1', name: 'Solved' } };
    moveConversation(world, call, { kind: 'update', participantId: agent?.id ?? '', request });
    expect(agent?.wrapup).toMatchObject({ code: 'w-1' });
  });
});

describe('startOutboundCall', () => {
  it('makes the far end a customer on behalf of a queue, else an external party', () => {
    const world = setUp();
    const user = [...world.users.values()][0];
    const queue = world.findQueue('Sales');
    if (user === undefined) throw new Error('no user');
    const own = startOutboundCall(world, { user, to: '+15550001111' });
    const forQueue = startOutboundCall(world, { user, to: '+15550001111', queue });
    expect([own.farEnd.purpose, forQueue.farEnd.purpose]).toEqual(['external', 'customer']);
    moveConversation(world, own.conversation, { kind: 'connect' });
    expect(shapeOf(own.conversation)).toEqual(['agent connected', 'external connected']);
  });
});

describe('startInternalCall', () => {
  it('has two users and no customer', () => {
    const world = setUp();
    const [from, to] = world.users.values();
    if (from === undefined || to === undefined) throw new Error('no users');
    const { conversation } = startInternalCall(world, from, to);
    moveConversation(world, conversation, { kind: 'answer' });
    moveConversation(world, conversation, { kind: 'connect' });
    expect(shapeOf(conversation)).toEqual(['user connected', 'user connected']);
  });
});

describe('placeCallback', () => {
  it('adds a call leg to agent and customer beside the callback', () => {
    const world = setUp();
    const conversation = play(
      world,
      { media: 'callbacks', queue: 'Support', from: '+15550002222' },
      answered,
    );
    placeCallback(world, conversation);
    const media = conversation.participants.map((p) => p.legs.map((leg) => leg.media).join('+'));
    expect(media).toEqual(['callbacks+calls', 'callbacks', 'callbacks+calls']);
  });
});
