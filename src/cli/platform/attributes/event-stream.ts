import type { Attributes } from '../../../domain/attributes.ts';
import type { ConversationId, ParticipantId } from '../../../domain/ids.ts';
import { detailEventTopic, parseTopic } from '../../../domain/topic.ts';
import { NotificationChannel } from '../../../intake/channel/channel.ts';
import { connectWebSocket } from '../../../intake/channel/web-socket.ts';
import { parseIntake } from '../../../intake/events/parse.ts';
import { toNotificationsPort } from '../../../intake/platform-ports.ts';
import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import type { Session } from '../session.ts';

/** What an event says that one participant holds. */
export interface SeenAttributes {
  readonly participantId: ParticipantId;
  readonly attributes: Attributes;
  /** Epoch milliseconds by the platform's clock. */
  readonly at: number;
}

export interface StreamHandlers {
  readonly signal: AbortSignal;
  readonly onAttributes: (seen: SeenAttributes) => void;
  /** Somebody came or left, or events were missed: a read tells more. */
  readonly onLook: () => void;
}

const ATTRIBUTES = 'attributes';
/** After these the conversation may be over. */
const ENDS = ['customer.end', 'user.end', 'acd.end', 'flow.end'] as const;
/** How long the first connection may take before reads take its place, in milliseconds. */
const CONNECT_MS = 5_000;

/**
 * Listens to one conversation's events. @returns undefined where they cannot be had: the topic is
 * refused, or no socket opens
 */
export async function openEventStream(
  id: ConversationId,
  { client }: Session,
  { signal, onAttributes, onLook }: StreamHandlers,
): Promise<AsyncDisposable | undefined> {
  // Later losses are the channel's own to mend; the first one means that reads do it.
  const failed = new AbortController();
  const topics = [ATTRIBUTES, ...ENDS].map((event) => detailEventTopic(id, event));
  await using stack = new AsyncDisposableStack();
  const channel = stack.use(
    new NotificationChannel(
      {
        port: toNotificationsPort(client.notifications),
        connect: connectWebSocket,
        clock: systemClock,
        random: Math.random,
        log: silentLog,
        onFrame: (frame) => Promise.resolve(read(frame, onAttributes, onLook)),
        onGap: onLook,
        onState: ({ kind }) => {
          if (kind === 'lost') failed.abort();
        },
      },
      topics,
    ),
  );
  if (!(await isLiveSoon(channel, AbortSignal.any([signal, failed.signal])))) return undefined;
  return channel.delivers([detailEventTopic(id, ATTRIBUTES)]) ? stack.move() : undefined;
}

async function isLiveSoon(channel: NotificationChannel, signal: AbortSignal): Promise<boolean> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  late.addEventListener('abort', () => resolve(false), { once: true });
  channel.firstLive.then(
    () => resolve(true),
    () => resolve(false),
  );
  return promise;
}

function read(
  frame: unknown,
  onAttributes: StreamHandlers['onAttributes'],
  onLook: () => void,
): void {
  const event = parseIntake(frame);
  if (event.kind === 'seen') {
    for (const observation of event.observations) {
      if (observation.kind !== 'attributes') continue;
      const { participantId, attributes, eventAt: at = systemClock.wallMs() } = observation;
      onAttributes({ participantId, attributes, at });
    }
  }
  if (ENDS.some((end) => end === eventOf(frame))) onLook();
}

function eventOf(frame: unknown): string | undefined {
  if (typeof frame !== 'object' || frame === null || !('topicName' in frame)) return undefined;
  const topic = parseTopic(String(frame.topicName));
  return topic.kind === 'detail-event' ? topic.event : undefined;
}
