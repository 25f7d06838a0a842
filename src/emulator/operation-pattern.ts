/** A parsed pattern of operations. `undefined` in `segments` matches any one segment. */
export interface OperationPattern {
  readonly method: string | undefined;
  readonly segments: readonly (string | undefined)[];
  /** Ends in `**`: any number of further segments match too. */
  readonly isPrefix: boolean;
}

/**
 * Parses `METHOD /path`. The method may be `*`. In the path `*` and `{anyName}` stand for one
 * segment, a last `**` for any number of them, so `PATCH /api/v2/conversations/**` is every write
 * to a conversation. Patterns match operations, that is paths with their parameters still named.
 */
export function parseOperationPattern(text: string): OperationPattern {
  const [method = '*', path = '/**'] = text.trim().split(/\s+/, 2);
  const segments = path.split('/').slice(1);
  const isPrefix = segments.at(-1) === '**';
  return {
    method: method === '*' ? undefined : method,
    segments: (isPrefix ? segments.slice(0, -1) : segments).map((segment) =>
      segment === '*' || isParameter(segment) ? undefined : segment,
    ),
    isPrefix,
  };
}

/** `operation` is a method and a path template: `GET /api/v2/flows/{flowId}`. */
export function matchesOperation(pattern: OperationPattern, operation: string): boolean {
  const space = operation.indexOf(' ');
  if (pattern.method !== undefined && pattern.method !== operation.slice(0, space)) return false;
  const segments = operation.slice(space + 2).split('/');
  const isLongEnough = pattern.isPrefix
    ? segments.length >= pattern.segments.length
    : segments.length === pattern.segments.length;
  if (!isLongEnough) return false;
  return pattern.segments.every((wanted, i) => wanted === undefined || wanted === segments[i]);
}

const isParameter = (segment: string): boolean => segment.startsWith('{') && segment.endsWith('}');
