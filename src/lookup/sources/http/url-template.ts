import { parseConversationId, parseTraceId } from '../../../domain/ids.ts';
import { refusedKey } from '../../key.ts';
import type { SourceQuery } from '../../source.ts';
import { parseTemplate, type Template, type Variable } from './template.ts';

/**
 * A URL in which only path and query may vary. Whatever a key holds, the request goes to the host
 * that is written in the configuration, and to the path that the template names.
 */
export interface UrlTemplate {
  readonly origin: string;
  readonly variables: ReadonlySet<Variable>;
  /** @throws {LookupError} `ERR_SOURCE_KEY_REFUSED` when the key would lead to another path */
  expand(source: string, query: SourceQuery): URL;
}

/** How often an encoded path is decoded on its way at most: proxies and servers each do it once. */
const MAX_DECODINGS = 4;

export type UrlProblem = { readonly problem: string };

/** Reads a URL template, or says what is wrong with it. */
export function parseUrlTemplate(text: string): UrlTemplate | UrlProblem {
  const template = parseTemplate(text);
  const origin = fixedOrigin(template);
  if (typeof origin !== 'string') return origin;
  return {
    origin,
    variables: template.variables,
    expand: (source, query) => expandUrl(template, origin, source, query),
  };
}

/** The origin, when it stays the same whatever the variables hold. */
function fixedOrigin(template: Template): string | UrlProblem {
  const one = urlWith(template, '1');
  const two = urlWith(template, 'a.b');
  if (one === undefined || two === undefined) {
    return { problem: 'expected an absolute URL such as https://crm.example/customers/{key}' };
  }
  if (one.protocol !== 'https:' && one.protocol !== 'http:') {
    return { problem: `expected https: or http:, found ${one.protocol}` };
  }
  if (one.username !== '' || one.password !== '' || two.username !== '') {
    return { problem: 'expected no user or password in the URL; use auth: { type: basic, … }' };
  }
  if (one.origin !== two.origin) {
    return {
      problem: 'expected placeholders in path and query only: a host never comes from data',
    };
  }
  if (
    pathOf(template.expand(sampleQuery('1'), encodeUrlPart))
      .split('/')
      .some(leadsElsewhere)
  ) {
    return { problem: 'expected a path without . and .. segments' };
  }
  if (one.hash !== '') return { problem: 'expected no # in the URL: a fragment is never sent' };
  return one.origin;
}

function urlWith(template: Template, value: string): URL | undefined {
  const text = template.expand(sampleQuery(value), encodeUrlPart);
  return URL.canParse(text) ? new URL(text) : undefined;
}

function sampleQuery(value: string): SourceQuery {
  return {
    key: value,
    keyKind: value,
    conversationId: parseConversationId(value),
    traceId: parseTraceId(value),
  };
}

function expandUrl(template: Template, origin: string, source: string, query: SourceQuery): URL {
  const text = template.expand(query, encodeUrlPart);
  if (pathOf(text).split('/').some(leadsElsewhere)) {
    throw refusedKey(source, 'it would lead to another path of the source');
  }
  const url = new URL(text);
  // The parser has the last word on what a URL means; this holds by construction.
  if (url.origin !== origin || url.username !== '' || url.hash !== '') {
    throw refusedKey(source, 'it would lead to another address');
  }
  return url;
}

/** The path as it is written, before any parser makes it shorter. */
function pathOf(url: string): string {
  return /^[^:]*:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';
}

/** Whether a segment, decoded as often as somebody on the way may do, walks up or stays in the tree. */
function leadsElsewhere(segment: string): boolean {
  let text = segment;
  for (let i = 0; i < MAX_DECODINGS; i += 1) {
    if (text.split(/[/\\]/).some((part) => part === '.' || part === '..')) return true;
    const decoded = decodeLoosely(text);
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

/** Decodes what stands for ASCII; the rest has no meaning in a path's structure. */
function decodeLoosely(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Percent-encodes everything but letters, digits and `-._~` (RFC 3986, unreserved). */
export function encodeUrlPart(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
