import { badRequest } from '../http/errors.ts';
import { fieldsOf, text, textMap } from '../http/fields.ts';
import { PlatformError } from '../http/platform-error.ts';
import { accepted, any, ok, type Call, type Route } from '../http/route.ts';
import type { World } from '../world/world.ts';
import { publishConversation } from './publish.ts';
import { findConversation } from './routes.ts';

const ONE = '/api/v2/conversations/{conversationId}';

/** What belongs to a conversation as a whole: secure attributes, the external tag. */
export function secureRoutes(world: World): Route[] {
  const path = `${ONE}/secureattributes`;
  const edit = {
    path,
    scope: 'conversations',
    permissions: any('conversation:participant:attributesedit'),
  };
  return [
    {
      method: 'GET',
      path,
      scope: 'conversations:readonly',
      notFoundCodes: ['secure.attributes.not.found'],
      permissions: any('conversation:participant:attributesview'),
      handle: (call) => {
        const { secure } = findConversation(world, call);
        if (secure === undefined) throw notThere();
        return ok({ attributes: Object.fromEntries(secure.attributes), version: secure.version });
      },
    },
    { ...edit, method: 'PUT', handle: (call) => write(world, call, 'replace') },
    { ...edit, method: 'PATCH', handle: (call) => write(world, call, 'merge') },
    {
      method: 'PUT',
      path: `${ONE}/tags`,
      notFoundCodes: ['conversation.error.conversation.not.found'],
      scope: 'conversations',
      permissions: any('conversation:externalTag:edit'),
      handle: (call) => {
        const conversation = findConversation(world, call);
        const tag = text(fieldsOf(call.body), 'externalTag');
        if (tag === undefined) throw badRequest();
        conversation.externalTag = tag;
        publishConversation(world, conversation);
        return accepted('');
      },
    },
  ];
}

/** A version that is given must be the present one; one that is not given is not compared (assumed). */
function write(world: World, call: Call, mode: 'merge' | 'replace'): ReturnType<typeof accepted> {
  const conversation = findConversation(world, call);
  const body = fieldsOf(call.body);
  const attributes = textMap(body, 'attributes') ?? {};
  const { version } = body;
  const present = conversation.secure;
  if (typeof version === 'number' && version !== (present?.version ?? 0)) throw conflict();
  const base = mode === 'merge' ? [...(present?.attributes ?? [])] : [];
  conversation.secure = {
    version: (present?.version ?? 0) + 1,
    attributes: new Map([...base, ...Object.entries(attributes)]),
  };
  return accepted('');
}

const notThere = (): PlatformError =>
  new PlatformError({
    status: 404,
    code: 'secure.attributes.not.found',
    message: 'Secure attributes could not be found.',
  });

const conflict = (): PlatformError =>
  new PlatformError({
    status: 409,
    code: 'conversation.error.secure.attribute.conflict',
    message: 'A conflict occurred setting the secure attributes.',
  });
