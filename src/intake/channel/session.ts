import { createDeadline } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import { asFields } from '../../domain/fields.ts';
import type { ChannelTiming, LossReason } from './channel-state.ts';
import { createInBand, type InBand } from './in-band.ts';
import type { ConnectSocket, Socket } from './ports.ts';
import { watchSilence, type SilenceWatch } from './silence.ts';

export interface SessionOptions {
  readonly uri: string;
  readonly connect: ConnectSocket;
  readonly clock: Clock;
  readonly timing: ChannelTiming;
  readonly onFrame: (frame: unknown) => void;
  readonly onUnreadable: () => void;
  readonly onHeartbeat: () => void;
}

const PING = JSON.stringify({ message: 'ping' });

/** One open socket of a channel: what is heard on it, and whether anybody is still there. */
export class Session implements Disposable {
  readonly #options: SessionOptions;
  readonly #silence: SilenceWatch;
  readonly #socket: Socket;
  readonly #lost = Promise.withResolvers<LossReason>();
  readonly #closing = Promise.withResolvers<'closing'>();
  readonly inBand: InBand;
  #lastHeardAtMs: number;
  readonly #gone = new AbortController();

  private constructor(options: SessionOptions, socket: Socket) {
    const { clock, timing } = options;
    this.#options = options;
    this.#socket = socket;
    this.#lastHeardAtMs = clock.wallMs();
    const send = (text: string): void => socket.send(text);
    this.inBand = createInBand({ clock, answerMs: timing.answerMs, send });
    this.#silence = watchSilence({
      clock,
      silenceMs: timing.silenceMs,
      answerMs: timing.answerMs,
      ask: () => send(PING),
      onDead: () => this.#lose('silence'),
    });
  }

  /** Rejects when the socket does not open in time. */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    using deadline = createDeadline(options.clock, options.timing.connectMs, signal);
    // What arrives between the opening and the next line of ours is kept, not lost.
    const early: string[] = [];
    let closedEarly = false;
    let session: Session | undefined;
    const socket = await options.connect(
      options.uri,
      {
        onText: (text) => {
          if (session === undefined) early.push(text);
          else session.#hear(text);
        },
        onClose: () => {
          if (session === undefined) closedEarly = true;
          else session.#lose('socket-closed');
        },
      },
      deadline.signal,
    );
    session = new Session(options, socket);
    for (const text of early) session.#hear(text);
    if (closedEarly) session.#lose('socket-closed');
    return session;
  }

  /** Resolves when the socket is lost; never when we closed it. */
  get lost(): Promise<LossReason> {
    return this.#lost.promise;
  }

  /** Resolves when the platform says that it will close this socket within about a minute. */
  get closing(): Promise<'closing'> {
    return this.#closing.promise;
  }

  /** Epoch milliseconds of the last thing heard; nothing is known to be missed before it. */
  get lastHeardAtMs(): number {
    return this.#lastHeardAtMs;
  }

  /** True once the socket is closed, by whomever. */
  get isGone(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Aborts when the socket is closed; for whoever waits for an answer on it. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  setPaused(paused: boolean): void {
    this.#silence.setPaused(paused);
    if (this.isGone) return;
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  [Symbol.dispose](): void {
    this.#gone.abort();
    this.#silence[Symbol.dispose]();
    this.#socket.close();
  }

  #hear(text: string): void {
    if (this.isGone) return;
    this.#lastHeardAtMs = this.#options.clock.wallMs();
    this.#silence.heard();
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      this.#options.onUnreadable();
      return;
    }
    if (this.inBand.take(frame)) return;
    const topic = asFields(frame)?.['topicName'];
    if (topic === 'channel.metadata') this.#options.onHeartbeat();
    else if (topic === 'v2.system.socket_closing') this.#closing.resolve('closing');
    else this.#options.onFrame(frame);
  }

  #lose(reason: LossReason): void {
    if (this.isGone) return;
    this[Symbol.dispose]();
    this.#lost.resolve(reason);
  }
}
