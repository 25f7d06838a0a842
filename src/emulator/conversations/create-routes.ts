import { invalidQuery, invalidValue, notAUser } from '../http/errors.ts';
import { fieldsOf, instant, text, textList, textMap } from '../http/fields.ts';
import { PlatformError } from '../http/platform-error.ts';
import { all, any, ok, type Call, type Route } from '../http/route.ts';
import type { QueueState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { viewMediaConversation } from './views/media-view.ts';
import { startOutboundCall } from './outbound.ts';
import { startInbound, type StartParts } from './start.ts';

const SCOPE = 'conversations';

/** What of the platform begins a conversation by request. */
export function creationRoutes(parts: StartParts): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v2/conversations/callbacks',
      scope: SCOPE,
      permissions: all('conversation:callback:create'),
      handle: (call) => ok(createCallback(parts, call)),
    },
    {
      method: 'POST',
      path: '/api/v2/conversations/emails',
      scope: SCOPE,
      permissions: any('conversation:email:create'),
      handle: (call) => ok(createEmail(parts, call)),
    },
    {
      method: 'POST',
      path: '/api/v2/conversations/calls',
      scope: SCOPE,
      permissions: any('conversation:conference:add'),
      context: 'user',
      handle: (call) => ok(createCall(parts, call)),
    },
  ];
}

const bad = (code: string, message: string): PlatformError =>
  new PlatformError({ status: 400, code, message });

/** The command's `data` becomes attributes of the customer. */
function createCallback(parts: StartParts, call: Call): unknown {
  const fields = fieldsOf(call.body);
  const callbackNumbers = textList(fields, 'callbackNumbers') ?? [];
  if (callbackNumbers.length === 0) {
    throw bad('callback.error.missing.callback.numbers', 'Callback numbers missing');
  }
  const { world } = parts;
  const queueId = text(fields, 'queueId');
  const queue = queueId === undefined ? undefined : world.queues.get(queueId);
  if (queueId === undefined)
    throw bad('callback.error.missing.queue.id', 'Callback missing queue ID');
  if (queue === undefined) throw bad('callback.error.queue.not.found', 'queue not found');
  const { conversationId, participantId } = startInbound(parts, {
    media: 'callbacks',
    queue: queue.id,
    callbackNumbers,
    name: text(fields, 'callbackUserName'),
    attributes: textMap(fields, 'data'),
    callbackScheduledAt: instant(fields, 'callbackScheduledTime'),
  });
  return {
    conversation: {
      id: conversationId,
      selfUri: `/api/v2/conversations/callbacks/${conversationId}`,
    },
    callbackIdentifiers: [{ type: 'ACD', id: participantId }],
  };
}

/** Inbound: a mail of another system arrives. Outbound mail is an agent's and not emulated. */
function createEmail(parts: StartParts, call: Call): unknown {
  const fields = fieldsOf(call.body);
  if (text(fields, 'provider') === undefined) {
    throw bad(
      'postino.error.notnull.createconversationrequest.provider',
      'The provider property may not be null.',
    );
  }
  const direction = text(fields, 'direction') ?? 'INBOUND';
  if (direction !== 'INBOUND') throw invalidValue(direction, 'direction', 'INBOUND (emulator)');
  const queue = emailQueue(parts.world, text(fields, 'queueId'), text(fields, 'flowId'));
  const { conversationId } = startInbound(parts, {
    media: 'emails',
    queue: queue?.id,
    flow: text(fields, 'flowId'),
    from: text(fields, 'fromAddress'),
    to: text(fields, 'toAddress'),
    name: text(fields, 'fromName'),
    subject: text(fields, 'subject'),
    attributes: textMap(fields, 'attributes'),
    externalContactId: text(fields, 'externalContactId'),
  });
  const conversation = parts.world.conversations.get(conversationId);
  return conversation === undefined ? undefined : viewMediaConversation(conversation, 'emails');
}

function emailQueue(
  world: World,
  queueId: string | undefined,
  flowId: string | undefined,
): QueueState | undefined {
  if ((queueId === undefined) === (flowId === undefined)) {
    throw bad('too.many.create.email.parameters', 'One of queueId or flowId must be supplied.');
  }
  if (flowId !== undefined && !world.flows.has(flowId)) {
    throw bad('bad.flow.id', 'Invalid flow ID was specified.');
  }
  const queue = world.queues.get(queueId ?? '');
  if (queueId !== undefined && queue === undefined) {
    throw bad('email.error.invalid.queue', 'An invalid queue ID was specified.');
  }
  return queue;
}

/** The user calls a number; `attributes` go to the far end (assumed). */
function createCall({ world }: StartParts, call: Call): unknown {
  const fields = fieldsOf(call.body);
  const user = world.users.get(call.token.userId ?? '');
  if (user === undefined) throw notAUser();
  const to = text(fields, 'phoneNumber');
  if (to === undefined) throw invalidQuery('undefined', 'phoneNumber', 'a phone number');
  const queueId = text(fields, 'callFromQueueId');
  const { conversation } = startOutboundCall(world, {
    user,
    to,
    queue: queueId === undefined ? undefined : world.queues.get(queueId),
    attributes: new Map(Object.entries(textMap(fields, 'attributes') ?? {})),
  });
  return { id: conversation.id, selfUri: `/api/v2/conversations/calls/${conversation.id}` };
}
