import { describe, expect, it } from 'vitest';
import type { ConversationShape, ParticipantShape } from '../../src/emulator/index.ts';
import { impossibilitiesOf } from './oracles.ts';
import { setStage } from './stage.ts';

/** A conversation that two agents had and the customer ended. */
async function endedConversation(): Promise<ConversationShape> {
  await using stage = await setStage();
  const { control } = stage.emulator;
  const { conversationId } = control.start({ queue: 'Support' });
  control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
  await control.advance(60_000);
  control.move(conversationId, { kind: 'blind-transfer', user: 'Ben Agent' });
  control.move(conversationId, { kind: 'answer', user: 'Ben Agent' });
  await control.advance(60_000);
  control.end(conversationId);
  return control.conversation(conversationId);
}

function withFirst(
  conversation: ConversationShape,
  change: (participant: ParticipantShape) => Partial<ParticipantShape>,
): ConversationShape {
  const [first, ...rest] = conversation.participants;
  if (first === undefined) throw new Error('nobody is on it');
  return { ...conversation, participants: [{ ...first, ...change(first) }, ...rest] };
}

describe('impossibilitiesOf', () => {
  it('finds nothing in a conversation from start to end', async () => {
    expect(impossibilitiesOf(await endedConversation())).toEqual([]);
  });

  it('finds what cannot be', async () => {
    const sound = await endedConversation();
    const broken: readonly (readonly [ConversationShape, string])[] = [
      [{ ...sound, participants: [] }, 'not exactly one customer'],
      [{ ...sound, endTime: undefined }, 'it is live and nobody is on it'],
      [withFirst(sound, () => ({ endTime: undefined })), 'it has ended and somebody is on it'],
      [
        withFirst(sound, () => ({ id: sound.participants[1]?.id ?? '' })),
        'two participants have one id',
      ],
      [withFirst(sound, () => ({ calls: [] })), 'customer has no leg'],
      [
        withFirst(sound, ({ calls }) => ({
          calls: calls?.map((leg) => ({ ...leg, state: 'connected' as const })),
        })),
        'customer is gone and has a live leg',
      ],
      [
        withFirst(sound, ({ calls }) => ({
          calls: calls?.map((leg) => ({ ...leg, disconnectedTime: undefined })),
        })),
        'customer has a leg whose state and end disagree',
      ],
      [
        withFirst(sound, () => ({ connectedTime: '2030-01-01T00:00:00.000Z' })),
        'customer has its times out of order',
      ],
    ];
    for (const [conversation, finding] of broken) {
      expect(impossibilitiesOf(conversation)).toContain(finding);
    }
  });
});
