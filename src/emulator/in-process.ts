import type { Clock } from '../lib/clock.ts';
import { createFrameLine } from './chaos/frame-line.ts';
import { announceFrame } from './diagnostics.ts';
import { assemble, type Core } from './emulator.ts';
import type { EmulatorOptions } from './options.ts';
import type { ChannelState, Frame } from './push/channels.ts';
import { createRooms, type Rooms } from './rooms.ts';

/**
 * The emulator without a port. Requests go to its front as values and frames come out as text, so
 * that nothing but the clock makes time pass: under a manual one a day takes milliseconds, and the
 * same calls always give the same run.
 */
export interface InProcessEmulator extends Core {
  readonly rooms: Rooms;
  /** Listens on a channel as its socket does, fault rules included. Disposing it closes the socket. */
  listen(channelId: string, onFrame: (text: string) => void): Disposable;
}

export function createInProcessEmulator(
  options: EmulatorOptions & { readonly clock: Clock },
): InProcessEmulator {
  const rooms = createRooms(options, options.clock);
  return {
    ...assemble(rooms, options, () => 'ws://in-process'),
    rooms,
    listen(channelId, onFrame) {
      const channel = rooms.channels.get(channelId);
      if (channel === undefined) throw new TypeError(`no such channel: ${channelId}`);
      return attach(rooms, channel, onFrame);
    },
  };
}

function attach(rooms: Rooms, channel: ChannelState, onFrame: (text: string) => void): Disposable {
  const close = (): void => {
    line[Symbol.dispose]();
    channel.socket = undefined;
  };
  const line = createFrameLine<Frame>({
    chaos: rooms.chaos,
    clock: rooms.world.clock,
    sink: {
      send: ({ text }) => {
        announceFrame(text);
        onFrame(text);
      },
      cut: close,
    },
  });
  channel.socket = {
    send: (frame) => line.offer(frame, { ...frame, channelId: channel.id }),
    close,
    cut: close,
  };
  return { [Symbol.dispose]: close };
}
