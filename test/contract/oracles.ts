import { expect } from 'vitest';
import type { ConversationShape, Emulator, Move } from '../../src/emulator/index.ts';
import { PlatformError } from '../../src/emulator/http/platform-error.ts';
import { signIn } from '../fixtures/emulator-clients.ts';
import { ChannelListener } from './channel-listener.ts';
import { SdkClient } from './sdk-client.ts';
import { idOf } from './stage.ts';

/** What somebody does to a conversation. Writers go through the API; everybody else is played. */
export type Step =
  | { readonly kind: 'write'; readonly attributes: Readonly<Record<string, string>> }
  | { readonly kind: 'move'; readonly move: Move }
  | { readonly kind: 'end' }
  | { readonly kind: 'wait'; readonly ms: number };

/** Longer than any lag, so that every accepted write has been applied. */
const SETTLE_MS = 60_000;

/**
 * Plays the steps on one conversation, writing down who wrote what when. Then no key may be lost,
 * the later write must have won, and at no time may the conversation have been impossible.
 */
export async function playAndJudge(emulator: Emulator, steps: readonly Step[]): Promise<void> {
  const { control } = emulator;
  // A plain client: the SDK's loses a key like `__proto__` on the way out.
  const client = await signIn(emulator);
  const { conversationId, participantId } = control.start({ queue: 'Support' });
  const path = `/api/v2/conversations/${conversationId}`;
  const accepted = new Map<string, string>();
  let before = control.conversation(conversationId);
  for (const step of steps) {
    await play(emulator, conversationId, step, async (attributes) => {
      const target = `${path}/participants/${participantId}/attributes`;
      expect((await client.call('PATCH', target, { attributes })).status).toBe(202);
      for (const [key, value] of Object.entries(attributes)) accepted.set(key, value);
    });
    const now = control.conversation(conversationId);
    expect([...impossibilitiesOf(now), ...rewritingsOf(before, now)]).toEqual([]);
    before = now;
  }
  await control.advance(SETTLE_MS);
  const { participants } = (await client.call('GET', path)).body as ConversationShape;
  const held = participants.find(({ id }) => id === participantId)?.attributes ?? {};
  expect(new Map(Object.entries(held))).toEqual(accepted);
}

async function play(
  emulator: Emulator,
  conversationId: string,
  step: Step,
  write: (attributes: Record<string, string>) => Promise<void>,
): Promise<void> {
  const { control } = emulator;
  switch (step.kind) {
    case 'write':
      return write({ ...step.attributes });
    case 'wait':
      return control.advance(step.ms);
    case 'end':
      if (control.conversation(conversationId).endTime === undefined) control.end(conversationId);
      return;
    case 'move':
      try {
        control.move(conversationId, step.move);
      } catch (error) {
        // What cannot happen now is refused; anything else is a defect.
        if (!(error instanceof PlatformError && error.status === 409)) throw error;
      }
  }
}

const isOver = (state: string): boolean => state === 'disconnected' || state === 'terminated';

/** What no conversation of the platform can look like. */
export function impossibilitiesOf(conversation: ConversationShape): string[] {
  const { participants, endTime } = conversation;
  const found: string[] = [];
  const ids = new Set(participants.map(({ id }) => id));
  if (ids.size !== participants.length) found.push('two participants have one id');
  if (participants.filter(({ purpose }) => purpose === 'customer').length !== 1) {
    found.push('not exactly one customer');
  }
  const live = participants.filter((participant) => participant.endTime === undefined);
  if (endTime === undefined && live.length === 0) found.push('it is live and nobody is on it');
  if (endTime !== undefined && live.length > 0) found.push('it has ended and somebody is on it');
  for (const participant of participants) {
    const legs = [
      participant.calls,
      participant.messages,
      participant.emails,
      participant.callbacks,
    ]
      .flat()
      .filter((leg) => leg !== undefined);
    const name = participant.purpose;
    if (legs.length === 0) found.push(`${name} has no leg`);
    if (participant.endTime !== undefined && legs.some((leg) => !isOver(leg.state))) {
      found.push(`${name} is gone and has a live leg`);
    }
    if (legs.some((leg) => isOver(leg.state) !== (leg.disconnectedTime !== undefined))) {
      found.push(`${name} has a leg whose state and end disagree`);
    }
    // All instants have one form, so that they compare as texts.
    const times = [participant.startTime, participant.connectedTime, participant.endTime];
    const known = times.filter((time) => time !== undefined);
    if (known.join() !== known.toSorted().join()) found.push(`${name} has its times out of order`);
  }
  return found;
}

/** What was once true and is no more: history is only added to. */
function rewritingsOf(before: ConversationShape, now: ConversationShape): string[] {
  const found: string[] = [];
  for (const [at, participant] of before.participants.entries()) {
    const later = now.participants[at];
    if (later?.id !== participant.id || later.purpose !== participant.purpose) {
      found.push(`participant ${at} is another one`);
    }
    if (participant.endTime !== undefined && later?.endTime !== participant.endTime) {
      found.push(`participant ${at} came back`);
    }
  }
  if (before.endTime !== undefined && now.endTime !== before.endTime) found.push('it came back');
  return found;
}

/** Sends more calls at once than a window takes: exactly as many as it takes must be granted. */
export async function judgeLimit(emulator: Emulator, allowed: number): Promise<void> {
  const sdk = await new SdkClient(emulator).signIn();
  for (let window = 0; window < 3; window++) {
    const calls = Array.from({ length: allowed + 5 }, () => sdk.tokens.getTokensMe());
    const results = await Promise.allSettled(calls);
    const granted = results.filter(({ status }) => status === 'fulfilled').length;
    expect(granted).toBe(allowed);
    await emulator.control.advance(60_000);
  }
}

/** Two channels listen to a queue each: neither may hear of the other's conversations, and none may miss its own. */
export async function judgeTopics(emulator: Emulator): Promise<void> {
  const { notifications } = await new SdkClient(emulator).signIn();
  const open = async (queue: string) => {
    const topic = `v2.routing.queues.${idOf(emulator, 'queues', queue)}.conversations`;
    const { id = '', connectUri = '' } = await notifications.postNotificationsChannels();
    await notifications.postNotificationsChannelSubscriptions(id, [{ id: topic }]);
    return { queue, topic, listener: await ChannelListener.open(connectUri) };
  };
  const ears = [await open('Support'), await open('Sales')];
  const expected = ears.map(({ queue }) =>
    [1, 2, 3].map(() => emulator.control.start({ queue }).conversationId),
  );
  for (const [at, { listener, topic }] of ears.entries()) {
    // Frames are sent in order: with the answer to a ping, all that came before it are here.
    listener.say({ message: 'ping' });
    await listener.nextOf('channel.metadata');
    const heard = listener.frames.map((frame) => frame.eventBody?.['id']);
    expect(new Set(heard)).toEqual(new Set(expected[at]));
    expect(listener.frames.every((frame) => frame.topicName === topic)).toBe(true);
    await listener[Symbol.asyncDispose]();
  }
}
