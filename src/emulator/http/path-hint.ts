/** Paths that tutorials use and the platform lacks, with the one that was meant. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^\/api\/v2\/conversations\/voice(\/|$)/,
    'voice conversations are under /api/v2/conversations/calls/…',
  ],
  [
    /^\/api\/v2\/conversations\/interactions(\/|$)/,
    'conversations of every medium are under /api/v2/conversations/{conversationId}',
  ],
  [
    /^\/api\/v2\/conversations\/(chats|webchat)(\/|$)/,
    'web chat is gone; messages are under /api/v2/conversations/messages/…',
  ],
  [
    /^\/api\/v2\/conversations\/[^/]+\/participants\/[^/]+\/attributes$/,
    'attributes are written with PATCH and read with GET /api/v2/conversations/{conversationId}',
  ],
  [
    /^\/api\/v2\/conversations\/[^/]+\/participants\/[^/]+$/,
    'participants are read with GET /api/v2/conversations/{conversationId}; attributes are written with PATCH …/participants/{participantId}/attributes',
  ],
  [
    /^\/api\/v2\/conversations\/[^/]+$/,
    'attributes are written with PATCH …/participants/{participantId}/attributes; a conversation is ended with PATCH /api/v2/conversations/{medium}/{conversationId} {"state":"disconnected"}',
  ],
  [
    /^\/api\/v2\/conversations$/,
    'a conversation is created by its medium: POST /api/v2/conversations/callbacks, …/emails, or an inbound open message',
  ],
];

/** What the caller of a path or method that is not there probably wanted; for the log, never for the answer. */
export function hintFor(_method: string, path: string): string | undefined {
  return HINTS.find(([pattern]) => pattern.test(path))?.[1];
}
