import type { AttributeWriter } from '../conversations/attributes.ts';
import type { ConversationState, ParticipantState } from '../world/model.ts';
import type { ArchitectSettings } from './step.ts';

/** How a running flow reads and writes the customer's attributes. */
export interface ParticipantData {
  get(key: string): string | undefined;
  set(attributes: ReadonlyMap<string, string>): void;
  /** The flow ends. */
  finish(): void;
}

export interface ParticipantDataParts {
  readonly writer: AttributeWriter;
  readonly conversation: ConversationState;
  readonly customer: ParticipantState;
  readonly settings: ArchitectSettings;
}

/** Bot and message flows work on the cloud itself. */
export function createCloudData(parts: ParticipantDataParts): ParticipantData {
  const { writer, conversation, customer } = parts;
  return {
    get: (key) => customer.attributes.get(key),
    set: (attributes) => writer.apply(conversation, customer, attributes),
    finish: () => undefined,
  };
}

/**
 * Voice flows hold a local copy. What the flow set is written to the cloud when it ends, over
 * whatever others wrote in the meantime.
 */
export function createLocalData(parts: ParticipantDataParts): ParticipantData {
  const { writer, conversation, customer, settings } = parts;
  const own = new Map<string, string>();
  const atStart = customer.attributes;
  const cloud = (): ReadonlyMap<string, string> =>
    settings.voiceReads === 'all-keys' ? atStart : customer.attributes;
  return {
    get: (key) => own.get(key) ?? cloud().get(key),
    set: (attributes) => {
      for (const [key, value] of attributes) own.set(key, value);
      if (settings.voiceWrites === 'at-once') writer.apply(conversation, customer, attributes);
    },
    finish: () => {
      if (own.size > 0) writer.apply(conversation, customer, own);
    },
  };
}
