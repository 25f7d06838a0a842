import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { endConversation } from '../conversations/end.ts';
import { isFields, type Fields } from '../http/fields.ts';
import { parseFields, textOfSocket } from '../http/socket-text.ts';
import type { IntegrationState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { Messenger } from './messenger.ts';
import { customAttributesOf } from './routes.ts';

/** Bytes of custom attributes that one message may carry (assumed; the session's answer names it). */
export const MAX_CUSTOM_DATA_BYTES = 20_480;

/** Error codes of the guest socket. Source: the platform's mobile messenger SDK (assumed to be complete for these). */
const CODES = { sessionNotFound: 4007, customDataTooLarge: 4013, badRequest: 4000 } as const;

export interface GuestSockets extends Disposable {
  /** Takes an HTTP upgrade to `/v1?deploymentId={id}`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

interface Guest {
  readonly deployment: IntegrationState;
  readonly ws: WebSocket;
  /** The guest's own secret; names the session across sockets. */
  token: string | undefined;
  /** The conversation it is or was in last. */
  conversationId: string | undefined;
}

/** Web messaging, the guest's side: what a messenger on a web page talks to. */
export function createGuestSockets(world: World, messenger: Messenger): GuestSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  const guests = new Set<Guest>();
  const stop = world.listen((event) => {
    if (event.kind !== 'message' && event.kind !== 'ended') return;
    for (const guest of guests) {
      if (guest.conversationId !== event.conversation.id) continue;
      if (event.kind === 'message' && event.by === 'agent') {
        say(guest, textMessage(world, 'Outbound', event.id, event.text));
      } else if (event.kind === 'ended') {
        say(guest, presence(world, 'Disconnect'));
      }
    }
  });
  return {
    upgrade(request, socket, head) {
      const id = new URLSearchParams(request.url?.split('?')[1]).get('deploymentId') ?? '';
      const deployment = world.integrations.get(id);
      if (deployment?.kind !== 'webmessaging') {
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => {
        const guest: Guest = { deployment, ws, token: undefined, conversationId: undefined };
        guests.add(guest);
        ws.on('message', (data) => hear({ world, messenger, guest }, textOfSocket(data)));
        ws.on('close', () => guests.delete(guest));
        // A socket that breaks is followed by `close`; there is nobody else to tell.
        ws.on('error', () => ws.terminate());
      });
    },
    [Symbol.dispose]() {
      stop();
      for (const ws of server.clients) ws.terminate();
      server.close();
    },
  };
}

interface Hearing {
  readonly world: World;
  readonly messenger: Messenger;
  readonly guest: Guest;
}

function hear(hearing: Hearing, said: string): void {
  const { guest } = hearing;
  const fields = parseFields(said);
  const token = fields['token'];
  const { tracingId } = fields;
  if (fields['action'] === 'configureSession' && typeof token === 'string' && token !== '') {
    configure(hearing, token, tracingId);
    return;
  }
  if (guest.token === undefined || (token !== undefined && token !== guest.token)) {
    refuse(guest, CODES.sessionNotFound, 'session not found', tracingId);
    return;
  }
  switch (fields['action']) {
    case 'onMessage':
      onMessage(hearing, fields, tracingId);
      return;
    case 'echo':
      say(guest, {
        ...textMessage(hearing.world, 'Inbound', hearing.world.newId(), 'ping'),
        tracingId,
      });
      return;
    case 'closeSession':
      say(guest, {
        type: 'message',
        class: 'ConnectionClosedEvent',
        code: 200,
        body: {},
        tracingId,
      });
      guest.ws.close(1000);
      return;
    default:
      refuse(guest, CODES.badRequest, 'unknown action', tracingId);
  }
}

function configure({ messenger, guest }: Hearing, token: string, tracingId: unknown): void {
  guest.token = token;
  const live = messenger.liveOf(guest.deployment, token);
  guest.conversationId = live?.id;
  const isNew = live === undefined;
  const body = {
    connected: true,
    newSession: isNew,
    readOnly: false,
    maxCustomDataBytes: MAX_CUSTOM_DATA_BYTES,
    allowedMedia: { inbound: { fileTypes: [], maxFileSizeKB: 0 } },
    blockedExtensions: [],
  };
  say(guest, { type: 'response', class: 'SessionResponse', code: 200, body, tracingId });
}

function onMessage(hearing: Hearing, fields: Fields, tracingId: unknown): void {
  const { world, messenger, guest } = hearing;
  const message = isFields(fields['message']) ? fields['message'] : {};
  // Older clients put the channel beside the message.
  const channel = [message['channel'], fields['channel']].find(isFields);
  const customAttributes = customAttributesOf(channel?.['metadata']);
  const size = Buffer.byteLength(JSON.stringify([...customAttributes]));
  if (size > MAX_CUSTOM_DATA_BYTES) {
    refuse(guest, CODES.customDataTooLarge, 'custom attributes are too large', tracingId);
    return;
  }
  const from = guest.token ?? '';
  const said = { from, customAttributes };
  if (message['type'] === 'Event') {
    onPresence(hearing, presenceOf(message), said);
    return;
  }
  const text = typeof message['text'] === 'string' ? message['text'] : '';
  say(guest, { ...textMessage(world, 'Inbound', world.newId(), text), tracingId });
  guest.conversationId = messenger.receive(guest.deployment, { ...said, text }).conversationId;
}

function onPresence(
  { world, messenger, guest }: Hearing,
  kind: unknown,
  said: { readonly from: string; readonly customAttributes: ReadonlyMap<string, string> },
): void {
  const live = messenger.liveOf(guest.deployment, said.from);
  if (kind === 'Join' && live === undefined) {
    guest.conversationId = messenger.begin(guest.deployment, { ...said, text: '' }).conversationId;
  }
  if (kind === 'Clear') {
    if (live !== undefined) endConversation(world, live, 'customer');
    say(guest, { type: 'message', class: 'SessionClearedEvent', code: 200, body: {} });
  }
}

function presenceOf(message: Fields): unknown {
  const events = Array.isArray(message['events']) ? message['events'] : [];
  const first: unknown = events[0];
  const presenceFields = isFields(first) ? first['presence'] : undefined;
  return isFields(presenceFields) ? presenceFields['type'] : undefined;
}

function textMessage(
  world: World,
  direction: 'Inbound' | 'Outbound',
  id: string,
  text: string,
): Record<string, unknown> {
  const channel = { time: new Date(world.now()).toISOString(), messageId: id, type: 'Private' };
  const originatingEntity = direction === 'Inbound' ? undefined : 'Human';
  return {
    type: 'message',
    class: 'StructuredMessage',
    code: 200,
    body: { direction, id, channel, type: 'Text', text, originatingEntity },
  };
}

function presence(world: World, type: 'Disconnect'): Record<string, unknown> {
  const events = [{ eventType: 'Presence', presence: { type } }];
  const body = { direction: 'Outbound', id: world.newId(), type: 'Event', events };
  return { type: 'message', class: 'StructuredMessage', code: 200, body };
}

function refuse(guest: Guest, code: number, why: string, tracingId: unknown): void {
  say(guest, { type: 'response', class: 'string', code, body: why, tracingId });
}

const say = (guest: Guest, frame: Record<string, unknown>): void =>
  guest.ws.send(JSON.stringify(frame));
