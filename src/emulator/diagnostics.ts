import { channel } from 'node:diagnostics_channel';

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
