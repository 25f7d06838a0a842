import type { Attributes } from './attributes.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationId, ParticipantId } from './ids.ts';

/**
 * Something the platform let us see. It feeds proof and guard of a conversation that is already
 * known, and is dropped for one that is not.
 */
export type Observation =
  /** A queue or user frame: participants with their attributes at `eventAt`. */
  | (Seen & { readonly kind: 'conversation'; readonly conversation: Conversation })
  /** An `.attributes` event: what one participant holds. It says nothing about keys it lacks. */
  | (Seen & {
      readonly kind: 'attributes';
      readonly participantId: ParticipantId;
      readonly attributes: Attributes;
    })
  | (Seen & { readonly kind: 'customer-left'; readonly participantId: ParticipantId })
  | (Seen & {
      readonly kind: 'flow-started';
      readonly flowId: string | undefined;
      readonly flowType: string | undefined;
    })
  | (Seen & {
      readonly kind: 'flow-ended';
      readonly flowId: string | undefined;
      readonly flowType: string | undefined;
    })
  | (Seen & { readonly kind: 'ended' });

interface Seen {
  readonly conversationId: ConversationId;
  /** Epoch milliseconds by the platform's clock, where the event told it. */
  readonly eventAt: number | undefined;
}
