import type { ConversationState, Leg, ParticipantState } from './model.ts';

/** The detail events that the platform publishes for one conversation, as far as the emulator makes them happen. */
export type DetailKind =
  | 'customer.start'
  | 'customer.end'
  | 'acd.start'
  | 'acd.end'
  | 'user.start'
  | 'user.end'
  | 'attributes'
  | 'flow.start'
  | 'flow.end'
  | 'contact'
  | 'acw'
  | 'wrapup';

/** Something that happened in the world. Push, deliveries and analytics read it; nobody else does. */
export type WorldEvent =
  /** Anybody who watches the conversation's queues or users sees it anew. */
  | { readonly kind: 'conversation'; readonly conversation: ConversationState }
  /** It is over; told once, before its last `conversation`. */
  | { readonly kind: 'ended'; readonly conversation: ConversationState }
  /** The world was emptied. */
  | { readonly kind: 'cleared' }
  | {
      readonly kind: 'message';
      readonly conversation: ConversationState;
      readonly by: 'customer' | 'agent';
      readonly id: string;
      readonly text: string;
    }
  | {
      readonly kind: 'detail';
      readonly detail: DetailKind;
      readonly conversation: ConversationState;
      readonly participant: ParticipantState;
      readonly leg: Leg | undefined;
      /** Only for `attributes`: what this write changed. */
      readonly changed?: ReadonlyMap<string, string> | undefined;
    };
