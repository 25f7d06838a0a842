import { badRequest, notFound } from '../http/errors.ts';
import { fieldsOf, isFields, text, textMap, type Fields } from '../http/fields.ts';
import { PlatformError } from '../http/platform-error.ts';
import { all, ok, param, type Call, type Route } from '../http/route.ts';
import type { IntegrationState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { Messenger } from './messenger.ts';

/** Open messaging, inbound: another system brings its customers' messages. */
export function messagingRoutes(world: World, messenger: Messenger): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v2/conversations/messages/{integrationId}/inbound/open/message',
      scope: 'conversations',
      permissions: all('conversation:message:receive'),
      context: 'client',
      handle: (call) => ok(receive(world, messenger, call)),
    },
  ];
}

function receive(world: World, messenger: Messenger, call: Call): unknown {
  const integration = world.integrations.get(param(call, 'integrationId'));
  if (integration?.kind !== 'open') throw notFound();
  const body = fieldsOf(call.body);
  const channel = fieldsOf(body['channel']);
  const time = text(channel, 'time');
  if (time === undefined || Number.isNaN(Date.parse(time))) throw missingDate();
  const from = fieldsOf(channel['from']);
  const id = text(from, 'id');
  if (id === undefined || id === '') throw badRequest();
  // An object among these is refused: custom attributes belong to the channel's metadata.
  const metadata = textMap(body, 'metadata');
  const { conversationId } = messenger.receive(integration, {
    from: id,
    name: nameOf(from),
    text: text(body, 'text') ?? '',
    customAttributes: customAttributesOf(channel['metadata']),
  });
  const wantsId = call.query.get('prefetchConversationId') === 'true';
  return {
    id: world.newId(),
    channel: viewChannel(integration, channel, id),
    type: 'Text',
    text: text(body, 'text'),
    metadata,
    conversationId: wantsId ? conversationId : undefined,
  };
}

function viewChannel(integration: IntegrationState, channel: Fields, from: string): unknown {
  return {
    id: integration.id,
    platform: 'Open',
    type: 'Private',
    messageId: text(channel, 'messageId'),
    to: { id: integration.id },
    from: { id: from, idType: 'Opaque' },
    time: text(channel, 'time'),
  };
}

const missingDate = (): PlatformError =>
  new PlatformError({
    status: 400,
    code: 'missing.open.channel.date',
    message: 'Missing open channel date.',
  });

function nameOf(from: Fields): string | undefined {
  const full = [text(from, 'firstName'), text(from, 'lastName')].filter(
    (part) => part !== undefined,
  );
  return text(from, 'nickname') ?? (full.length > 0 ? full.join(' ') : undefined);
}

/** `{customAttributes: {k: v}}`. Scalars become strings, as in the messenger; the rest is left out. */
export function customAttributesOf(metadata: unknown): ReadonlyMap<string, string> {
  const given = isFields(metadata) ? metadata['customAttributes'] : undefined;
  const attributes = new Map<string, string>();
  if (!isFields(given)) return attributes;
  for (const [key, value] of Object.entries(given)) {
    const isScalar = typeof value === 'number' || typeof value === 'boolean';
    if (typeof value === 'string' || isScalar) attributes.set(key, String(value));
  }
  return attributes;
}
