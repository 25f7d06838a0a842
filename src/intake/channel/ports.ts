/** A notification channel as the platform made it. */
export interface PlatformChannel {
  readonly id: string;
  /** Where its socket is; whoever knows it may listen, so it is never logged. */
  readonly connectUri: string;
}

/** What the platform made of one topic. */
export interface TopicVerdict {
  readonly topic: string;
  readonly rejected: boolean;
  readonly reason?: string | undefined;
  readonly missingPermissions?: readonly string[] | undefined;
}

/** What the notification API must do for us; each call is one request to the platform. */
export interface NotificationsPort {
  createChannel(signal: AbortSignal): Promise<PlatformChannel>;
  channelExists(id: string, signal: AbortSignal): Promise<boolean>;
  /** Replaces all topics, which also extends the channel's life. One bad topic must not fail the others. */
  putTopics(
    id: string,
    topics: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly TopicVerdict[]>;
  addTopics(
    id: string,
    topics: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly TopicVerdict[]>;
}

export interface SocketHandlers {
  readonly onText: (text: string) => void;
  /** Called once when the socket is gone, unless we closed it. */
  readonly onClose: (code: number) => void;
}

export interface Socket {
  send(text: string): void;
  /** Stops reading, so that the sender feels it; frames that were already read still come. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Opens a socket; rejects when it cannot or when the signal aborts first. */
export type ConnectSocket = (
  uri: string,
  handlers: SocketHandlers,
  signal: AbortSignal,
) => Promise<Socket>;

/** An interval in which events may have been missed; epoch milliseconds. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}
