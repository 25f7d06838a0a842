import { LookupError } from '../../errors.ts';
import { NOT_FOUND, type SourceAnswer } from '../../source.ts';

/** Deepest nesting of objects and lists that is taken; what walks an answer later is recursive. */
const MAX_DEPTH = 64;

/**
 * Reads the JSON that a source gave. `pointer` (RFC 6901) names the customer's record in it. No
 * record is there when it is absent, null, an empty list or an empty object.
 *
 * @throws {LookupError} `ERR_SOURCE_BAD_ANSWER`
 */
export function parseJsonAnswer(
  source: string,
  text: string,
  pointer: string | undefined,
): SourceAnswer {
  const record =
    pointer === undefined ? parseJson(source, text) : at(parseJson(source, text), pointer);
  if (isNothing(record)) return NOT_FOUND;
  return { found: true, value: record, bytes: text.length };
}

function parseJson(source: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is a customer's data.
    throw badAnswer(source, `${text.length} characters that are not JSON`);
  }
  if (isDeeperThan(value, MAX_DEPTH)) {
    throw badAnswer(source, `JSON that is nested deeper than ${MAX_DEPTH} levels`);
  }
  return value;
}

export function badAnswer(source: string, what: string): LookupError {
  return new LookupError({
    code: 'ERR_SOURCE_BAD_ANSWER',
    source,
    message: `answered with ${what}`,
    nextStep: 'Check that the url is that of an API, and not of a sign-in or error page.',
  });
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Level by level, not recursive: it guards those that are. */
function isDeeperThan(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let i = 0; i <= depth; i += 1) {
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? Object.values(item) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}

/** What the pointer points at; undefined when a step on the way is missing. */
function at(value: unknown, pointer: string): unknown {
  let current = value;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) {
      return undefined;
    }
    current = (current as Readonly<Record<string, unknown>>)[name];
  }
  return current;
}
