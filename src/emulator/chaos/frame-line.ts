import type { Clock, Timer } from '../../lib/clock.ts';
import type { Chaos, FrameSubject } from './chaos.ts';
import type { FramePlan } from './plans.ts';

/** Where the frames of one channel end up. */
export interface FrameSink<Frame> {
  /** Puts the frame on the wire. */
  send(frame: Frame): void;
  /** Cuts the connection without a closing handshake. */
  cut(): void;
  /** Told of every frame that a rule touched, for the log. */
  onFault?(subject: FrameSubject, plan: FramePlan): void;
}

/** The frames of one channel on their way to its socket. Dispose it with the channel. */
export interface FrameLine<Frame> extends Disposable {
  /** Whether nothing gets through now, answers to what the client says included. */
  readonly isMuted: () => boolean;
  offer(frame: Frame, subject: FrameSubject): void;
}

interface Held {
  readonly release: () => void;
  readonly timer: Timer;
  passesLeft: number;
}

export interface FrameLineOptions<Frame> {
  readonly chaos: Pick<Chaos, 'decideFrame'>;
  readonly clock: Clock;
  readonly sink: FrameSink<Frame>;
}

/**
 * Creates the line that every frame of a channel goes through. With no rule, a frame is sent at
 * once and in order. Rules may lose it, send it again, send it late, or hold it until later ones
 * have passed. Frames that are late when the line is disposed are lost, as with a real socket.
 */
export function createFrameLine<Frame>(options: FrameLineOptions<Frame>): FrameLine<Frame> {
  const { chaos, clock, sink } = options;
  const timers = new Set<Timer>();
  const held = new Set<Held>();
  const mute = createMute(clock);

  const later = (delayMs: number, act: () => void): Timer => {
    const timer = clock.timer(delayMs, () => {
      timers.delete(timer);
      act();
    });
    timers.add(timer);
    return timer;
  };

  const send = (frame: Frame): void => {
    if (!mute.isOn()) sink.send(frame);
  };

  const deliver = (frame: Frame, deliveries: readonly number[]): void => {
    for (const delayMs of deliveries) {
      if (delayMs <= 0) send(frame);
      else later(delayMs, () => send(frame));
    }
  };

  const letPass = (): void => {
    for (const entry of held) {
      entry.passesLeft -= 1;
      if (entry.passesLeft === 0) entry.release();
    }
  };

  const hold = (frame: Frame, { deliveries, hold: wish }: FramePlan): void => {
    const release = (): void => {
      held.delete(entry);
      timers.delete(entry.timer);
      entry.timer.cancel();
      deliver(frame, deliveries);
    };
    const timer = later(wish?.waitMs ?? 0, () => release());
    const entry: Held = { release, timer, passesLeft: wish?.behind ?? 0 };
    held.add(entry);
  };

  return {
    isMuted: mute.isOn,
    offer(frame, subject) {
      const plan = chaos.decideFrame(subject);
      if (plan.rules.length > 0) sink.onFault?.(subject, plan);
      if (plan.socket.kind === 'cut') sink.cut();
      if (plan.socket.kind === 'mute') mute.begin(plan.socket.forMs);
      if (plan.hold !== undefined && plan.deliveries.length > 0) {
        hold(frame, plan);
        return;
      }
      deliver(frame, plan.deliveries);
      if (plan.deliveries.length > 0) letPass();
    },
    [Symbol.dispose]() {
      for (const timer of timers) timer.cancel();
      timers.clear();
      held.clear();
    },
  };
}

/** A time in which nothing gets through. */
function createMute(clock: Clock): { isOn: () => boolean; begin: (forMs: number) => void } {
  let untilMs = Number.NEGATIVE_INFINITY;
  return {
    isOn: () => clock.monotonicMs() < untilMs,
    begin: (forMs) => (untilMs = clock.monotonicMs() + forMs),
  };
}
