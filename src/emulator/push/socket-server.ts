import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Timer } from '../../lib/clock.ts';
import type { Chaos } from '../chaos/chaos.ts';
import { createFrameLine } from '../chaos/frame-line.ts';
import { announceFrame } from '../diagnostics.ts';
import { PlatformError } from '../http/platform-error.ts';
import { parseFields, textOfSocket } from '../http/socket-text.ts';
import type { TokenStore } from '../oauth/tokens.ts';
import type { World } from '../world/world.ts';
import type { ChannelSocket, Channels, ChannelState, Frame } from './channels.ts';
import { subscribeTopics } from './subscribe.ts';

/** Source: developer centre, notifications pages, checked 2026-11. */
export const DEFAULT_HEARTBEAT_MS = 30_000;

/** Bytes a reader may be behind before its socket is cut; the platform does not wait either. */
const MAX_BEHIND_BYTES = 16 * 1024 * 1024;

const METADATA = 'channel.metadata';
const HEARTBEAT = metadata('WebSocket Heartbeat');
const PONG = metadata('pong');

function metadata(message: string): Frame {
  const text = JSON.stringify({ topicName: METADATA, eventBody: { message } });
  return { topic: METADATA, text };
}

export interface SocketServerParts {
  readonly world: World;
  readonly channels: Channels;
  readonly tokens: TokenStore;
  readonly chaos: Chaos;
  readonly heartbeatMs: number;
}

export interface SocketServer extends Disposable {
  /** Takes an HTTP upgrade whose path is `/channels/{id}`; the id is the only secret. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** One socket per channel: a second one drops the first. */
export function createSocketServer(parts: SocketServerParts): SocketServer {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  return {
    upgrade(request, socket, head) {
      const id = /\/channels\/([^/?]+)/.exec(request.url ?? '')?.[1];
      const channel = id === undefined ? undefined : parts.channels.get(id);
      if (channel === undefined) {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => attach(parts, channel, ws));
    },
    [Symbol.dispose]() {
      for (const ws of server.clients) ws.terminate();
      server.close();
    },
  };
}

function attach(parts: SocketServerParts, channel: ChannelState, ws: WebSocket): void {
  channel.socket?.close('another socket was opened for this channel');
  const line = createFrameLine<Frame>({
    chaos: parts.chaos,
    clock: parts.world.clock,
    sink: { send: (frame) => put(ws, frame.text), cut: () => ws.terminate() },
  });
  const own: ChannelSocket = {
    send: (frame) => line.offer(frame, { ...frame, channelId: channel.id }),
    close: (reason) => ws.close(1000, reason),
    cut: () => ws.terminate(),
  };
  channel.socket = own;
  channel.usedMs = parts.world.clock.monotonicMs();
  let heartbeat: Timer;
  const beat = (): void => {
    own.send(HEARTBEAT);
    heartbeat = parts.world.after(parts.heartbeatMs, beat);
  };
  heartbeat = parts.world.after(parts.heartbeatMs, beat);
  ws.on('message', (data, isBinary) => {
    if (isBinary) return;
    const reply = replyTo(parts, channel, textOfSocket(data));
    if (!line.isMuted()) put(ws, reply);
  });
  ws.on('close', () => {
    heartbeat.cancel();
    line[Symbol.dispose]();
    if (channel.socket === own) channel.socket = undefined;
  });
  // A socket that breaks is followed by `close`; there is nobody else to tell.
  ws.on('error', () => ws.terminate());
}

function put(ws: WebSocket, text: string): void {
  if (ws.bufferedAmount > MAX_BEHIND_BYTES) {
    ws.terminate();
    return;
  }
  announceFrame(text);
  ws.send(text);
}

/** Answers what a client says on its socket. */
function replyTo(parts: SocketServerParts, channel: ChannelState, text: string): string {
  const said = parseSaid(text);
  if (said.message === 'ping') return PONG.text;
  const about = { correlationId: said.correlationId, topics: said.topics };
  if (said.message !== 'subscribe') {
    return JSON.stringify({ result: '400', status: 'unknown message', ...about });
  }
  const isGone =
    !parts.tokens.isLive(channel.token) || parts.channels.get(channel.id) === undefined;
  if (isGone)
    return JSON.stringify({ result: '404', status: 'channel or token not found', ...about });
  try {
    const ids = said.topics;
    subscribeTopics(parts.world, parts.channels, {
      channel,
      ids,
      mode: 'add',
      ignoreErrors: false,
    });
    return JSON.stringify({ result: '200', status: 'subscribed', ...about });
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return JSON.stringify({ result: String(error.status), status: error.message, ...about });
  }
}

interface Said {
  readonly message: unknown;
  readonly topics: readonly string[];
  readonly correlationId: string | undefined;
}

function parseSaid(text: string): Said {
  const said = parseFields(text);
  const { topics, correlationId } = said;
  return {
    message: said['message'],
    topics: Array.isArray(topics) ? topics.filter((topic) => typeof topic === 'string') : [],
    correlationId: typeof correlationId === 'string' ? correlationId : undefined,
  };
}
