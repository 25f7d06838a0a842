import type { AttributeEntry } from '../domain/attribute-entry.ts';
import { hasEnded, hasLeft, findParticipant, type Conversation } from '../domain/conversation.ts';
import type { Observation } from '../domain/observation.ts';
import type { Digester } from './proof/digest.ts';
import type { ProofEvent } from './proof/event.ts';
import type { ProofSettings } from './proof/settings.ts';
import { Board, nameOf } from './turn/board.ts';
import type { Effects } from './turn/effects.ts';
import { toConversationEvidence, toEvidence, toFlowEvent } from './turn/sight.ts';

export interface ObserveParts {
  /** Every entry of the observed conversation. */
  readonly entries: readonly AttributeEntry[];
  readonly observation: Observation;
  /** The clock of the ledger's instants, in epoch milliseconds. */
  readonly now: () => number;
  readonly digest: Digester;
  readonly settings: ProofSettings;
}

export interface Observed extends Effects {
  /**
   * Whether anything is worth a transaction: a state, a deadline or a message. An echo of our own
   * write is not.
   */
  readonly matters: boolean;
}

/**
 * What something that the platform let us see means for the entries of a conversation. Sends and
 * reads nothing: what is to be done is done by the turn that is due at `nextDueAt`.
 *
 * ```ts
 * const observed = observe({ entries, observation, now, digest, settings: config.write });
 * if (observed.matters) await ledger.observe({ entries: observed.changed, dueAt: observed.nextDueAt, … });
 * ```
 */
export function observe(parts: ObserveParts): Observed {
  const { entries, settings, now } = parts;
  const board = new Board({ entries, settings, now });
  for (const toEvent of eventsOf(parts)) {
    for (const entry of board.entries) {
      const event = toEvent(entry);
      if (event !== undefined) board.step(entry, event);
    }
  }
  const effects = board.conclude();
  const before = new Map(entries.map((entry) => [nameOf(entry), entry]));
  const { feed, messages, audit, alerts, changed } = effects;
  const isTold = feed.length + messages.length + audit.length + alerts.length > 0;
  const matters = isTold || changed.some((entry) => hasMattered(before.get(nameOf(entry)), entry));
  return { ...effects, matters };
}

type ToEvent = (entry: AttributeEntry) => ProofEvent | undefined;

function eventsOf({ observation, digest }: ObserveParts): readonly ToEvent[] {
  const { eventAt: at } = observation;
  const sight = { source: 'event', at } as const;
  const blank = (entry: AttributeEntry): string => digest(entry.participantId, entry.key, '');
  switch (observation.kind) {
    case 'attributes':
      return [
        (entry) =>
          entry.participantId === observation.participantId && entry.target === 'attributes'
            ? toEvidence(entry, observation.attributes, { sight, digest })
            : undefined,
      ];
    case 'conversation':
      return [
        ...(hasEnded(observation.conversation)
          ? [(entry: AttributeEntry) => ({ kind: 'ended', blank: blank(entry) }) as const]
          : []),
        (entry) => toFlowEvent(entry, observation.conversation, sight),
        (entry) => toConversationEvidence(entry, observation.conversation, { sight, digest }),
        (entry) =>
          entry.wipe && isGone(entry, observation.conversation)
            ? { kind: 'wipe', blank: blank(entry) }
            : undefined,
      ];
    case 'customer-left':
      return [
        (entry) =>
          entry.participantId === observation.participantId
            ? { kind: 'wipe', blank: blank(entry) }
            : undefined,
      ];
    case 'flow-started':
    case 'flow-ended': {
      if (!isVoiceFlow(observation.flowType)) return [];
      const { kind, flowId } = observation;
      return [() => ({ kind, flowId, at })];
    }
    case 'ended':
      return [(entry) => ({ kind: 'ended', blank: blank(entry) })];
  }
}

function isGone(entry: AttributeEntry, conversation: Conversation): boolean {
  const participant = findParticipant(conversation, entry.participantId);
  return participant !== undefined && hasLeft(participant);
}

/** Flow types that keep a copy of the attributes; a type that was not told may be one. */
const VOICE_FLOWS: ReadonlySet<string> = new Set([
  'INBOUNDCALL',
  'INQUEUECALL',
  'OUTBOUNDCALL',
  'SECURECALL',
  'VOICE',
  'VOICEMAIL',
  'VOICESURVEY',
]);

function isVoiceFlow(flowType: string | undefined): boolean {
  return flowType === undefined || VOICE_FLOWS.has(flowType.toUpperCase());
}

function hasMattered(before: AttributeEntry | undefined, after: AttributeEntry): boolean {
  return (
    before?.state !== after.state ||
    before.deadlineAt !== after.deadlineAt ||
    flowOf(before) !== flowOf(after)
  );
}

function flowOf(entry: AttributeEntry): string {
  const { flow, flowEndedAt, contested } = entry.note;
  return `${String(flow)} ${String(flowEndedAt)} ${String(contested)}`;
}
