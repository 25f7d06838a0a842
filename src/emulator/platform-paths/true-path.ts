import { matchesOperation, parseOperationPattern } from '../operation-pattern.ts';
import type { PlatformPaths } from './find-platform-path.ts';

interface Mistake {
  /** Operation as tutorials and guesses have it. */
  readonly wrong: string;
  /** What to call instead. */
  readonly use: string;
}

const ATTRIBUTES =
  'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';
const READ = 'GET /api/v2/conversations/{conversationId}';

/** Operations that the platform never had, or has no longer, first match first. */
const MISTAKES: readonly Mistake[] = [
  { wrong: 'PATCH /api/v2/conversations/*', use: ATTRIBUTES },
  {
    wrong: 'PUT /api/v2/conversations/*',
    use: 'PATCH /api/v2/conversations/calls/{conversationId}',
  },
  { wrong: 'POST /api/v2/conversations', use: 'POST /api/v2/conversations/callbacks' },
  { wrong: 'GET /api/v2/conversations/*/participants', use: READ },
  { wrong: 'GET /api/v2/conversations/*/participants/*', use: READ },
  { wrong: 'GET /api/v2/conversations/*/participants/*/attributes', use: READ },
  { wrong: 'PUT /api/v2/conversations/*/participants/*/attributes', use: ATTRIBUTES },
  { wrong: 'POST /api/v2/conversations/*/participants/*/attributes', use: ATTRIBUTES },
  { wrong: 'PATCH /api/v2/conversations/*/attributes', use: ATTRIBUTES },
];

/** A segment that people write, and the platform's own. */
const SEGMENTS: ReadonlyMap<string, string> = new Map([
  ['voice', 'calls'],
  ['call', 'calls'],
  ['phone', 'calls'],
  ['callback', 'callbacks'],
  ['email', 'emails'],
  ['message', 'messages'],
  ['messaging', 'messages'],
  ['chat', 'messages'],
  ['chats', 'messages'],
  ['webchat', 'messages'],
  ['webchats', 'messages'],
  ['interactions', 'conversations'],
  ['interaction', 'conversations'],
  ['conversation', 'conversations'],
  ['participant', 'participants'],
  ['attribute', 'attributes'],
  ['participantAttributes', 'attributes'],
  ['flow', 'flows'],
  ['queue', 'queues'],
  ['user', 'users'],
  ['token', 'tokens'],
  ['channel', 'channels'],
  ['v1', 'v2'],
]);

/**
 * The operation that the caller of a wrong one most likely meant, such as
 * `PATCH /api/v2/conversations/calls/…` for `…/voice/…`; undefined where there is no good guess.
 */
export function truePathOf(paths: PlatformPaths, method: string, path: string): string | undefined {
  const asked = `${method} ${path}`;
  const corrected = correctSegments(path);
  if (corrected !== path) {
    const found = paths.find(method, corrected);
    if (found.kind === 'operation') return `${method} ${found.template}`;
  }
  const known = MISTAKES.find(({ wrong }) => {
    const pattern = parseOperationPattern(wrong);
    return matchesOperation(pattern, asked) || matchesOperation(pattern, `${method} ${corrected}`);
  });
  return known?.use;
}

function correctSegments(path: string): string {
  const trimmed = path.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  const segments = trimmed.split('/').map((segment) => SEGMENTS.get(segment) ?? segment);
  const joined = segments.join('/');
  return joined.startsWith('/api/') ? joined : withApiPrefix(joined);
}

const withApiPrefix = (path: string): string =>
  path.startsWith('/v2/') ? `/api${path}` : `/api/v2${path}`;
