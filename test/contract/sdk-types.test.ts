import type { Models } from 'purecloud-platform-client-v2';
import { describe, expectTypeOf, it } from 'vitest';
import type {
  ConversationEventShape,
  ConversationShape,
  MediaConversationEventShape,
  MediaConversationShape,
} from '../../src/emulator/conversations/views/shapes.ts';
import type { ErrorBody } from '../../src/emulator/http/platform-error.ts';
import type { Refusal } from '../../src/emulator/limits/refusal.ts';
import type { TopicAnswer } from '../../src/emulator/push/subscribe.ts';

/**
 * A type as JSON carries it: members that may be `undefined` are absent, and lists are plain ones,
 * as the SDK declares them.
 */
type Wire<T> = T extends readonly (infer Item)[]
  ? Wire<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Wire<Exclude<T[K], undefined>> }
    : T;

describe('what the emulator writes is what the SDK declares', () => {
  it('and this comparison notices a wrong type and a missing member', () => {
    expectTypeOf<Wire<{ readonly message: number }>>().not.toExtend<Models.ErrorBody>();
    expectTypeOf<Wire<Omit<ConversationShape, 'startTime'>>>().not.toExtend<Models.Conversation>();
  });

  it('for conversations and their events', () => {
    expectTypeOf<Wire<ConversationShape>>().toExtend<Models.Conversation>();
    expectTypeOf<
      Wire<ConversationEventShape>
    >().toExtend<Models.QueueConversationEventTopicConversation>();
    expectTypeOf<
      Wire<ConversationEventShape>
    >().toExtend<Models.ConversationEventTopicConversation>();
  });

  it('for conversations of each medium', () => {
    expectTypeOf<Wire<MediaConversationShape>>().toExtend<Models.CallConversation>();
    expectTypeOf<Wire<MediaConversationShape>>().toExtend<Models.CallbackConversation>();
    expectTypeOf<Wire<MediaConversationShape>>().toExtend<Models.EmailConversation>();
    expectTypeOf<Wire<MediaConversationShape>>().toExtend<Models.MessageConversation>();
  });

  it('for events of each medium', () => {
    type Event = Wire<MediaConversationEventShape>;
    expectTypeOf<Event>().toExtend<Models.QueueConversationCallEventTopicCallConversation>();
    expectTypeOf<Event>().toExtend<Models.QueueConversationCallbackEventTopicCallbackConversation>();
    expectTypeOf<Event>().toExtend<Models.QueueConversationEmailEventTopicEmailConversation>();
    expectTypeOf<Event>().toExtend<Models.QueueConversationMessageEventTopicMessageConversation>();
    expectTypeOf<Event>().toExtend<Models.ConversationCallEventTopicCallConversation>();
    expectTypeOf<Event>().toExtend<Models.ConversationMessageEventTopicMessageConversation>();
  });

  it('for errors and subscriptions', () => {
    expectTypeOf<Wire<ErrorBody>>().toExtend<Models.ErrorBody>();
    expectTypeOf<Wire<Refusal>>().toExtend<Models.ErrorBody>();
    expectTypeOf<Wire<TopicAnswer>>().toExtend<Models.ChannelTopic>();
  });
});
