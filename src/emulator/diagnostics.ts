import { channel } from 'node:diagnostics_channel';
import type { Exchange } from './http/request-log.ts';

/** One answer as it went over the wire. */
export interface AnswerMessage {
  readonly method: string;
  /** The path that was asked for, without its query. */
  readonly path: string;
  /** Method and path template where there is such a route: `GET /api/v2/flows/{flowId}`. */
  readonly operation: string | undefined;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body parsed again; undefined when there was none. */
  readonly body: unknown;
  /** Ids of the fault rules that had a hand in it. */
  readonly faults: readonly string[];
}

/** One frame as it went over a socket. */
export interface FrameMessage {
  readonly topicName: string;
  /** Parsed again. */
  readonly frame: unknown;
}

/** Messages from every emulator in this process to whoever listens. */
export interface Announcer<Message> {
  /** Ask first: with no listener nothing needs to be built or copied. */
  readonly isHeard: boolean;
  announce(message: Message): void;
  /** The answer stops listening. */
  listen(hear: (message: Message) => void): () => void;
}

/**
 * Every answer as it was written. A channel of the process and not an option, so that a test run
 * can hold all its emulators against the contract, whoever started them.
 */
export const emulatorAnswers: Announcer<AnswerMessage> = createAnnouncer('rapport:emulator:answer');

/** Every notification as it was sent. */
export const emulatorFrames: Announcer<FrameMessage> = createAnnouncer('rapport:emulator:frame');

function createAnnouncer<Message>(name: string): Announcer<Message> {
  const underlying = channel(name);
  return {
    get isHeard() {
      return underlying.hasSubscribers;
    },
    announce: (message) => underlying.publish(message),
    listen(hear) {
      // Only `announce` publishes here, so what arrives is a `Message`.
      const onMessage = (message: unknown): void => hear(message as Message);
      underlying.subscribe(onMessage);
      return () => {
        underlying.unsubscribe(onMessage);
      };
    },
  };
}

/** Tells of an answer, its body as a client would parse it. */
export function announceAnswer(exchange: Exchange, path: string): void {
  if (!emulatorAnswers.isHeard) return;
  const { method, operation, status, responseBody, responseHeaders } = exchange;
  const isBodyless = method === 'HEAD' || status === 204;
  emulatorAnswers.announce({
    method,
    path,
    operation,
    status,
    headers: responseHeaders,
    body: isBodyless ? undefined : asParsed(responseBody),
    faults: exchange.faults,
  });
}

/** Tells of what was put on a socket, unless it answers something the client said on it. */
export function announceFrame(text: string): void {
  if (!emulatorFrames.isHeard) return;
  const frame: unknown = JSON.parse(text);
  if (typeof frame !== 'object' || frame === null || !('topicName' in frame)) return;
  emulatorFrames.announce({ topicName: String(frame.topicName), frame });
}

const asParsed = (body: unknown): unknown =>
  body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown);
