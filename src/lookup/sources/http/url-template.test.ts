import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRapportError } from '../../../domain/errors.ts';
import { parseConversationId, parseTraceId } from '../../../domain/ids.ts';
import { parseUrlTemplate, type UrlTemplate } from './url-template.ts';

const numRuns = Number(process.env['RAPPORT_RUNS'] ?? 150);

function template(text: string): UrlTemplate {
  const parsed = parseUrlTemplate(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

function expand(text: string, key: string): string {
  const ids = { conversationId: parseConversationId('c1'), traceId: parseTraceId('t1') };
  return template(text).expand('crm', { key, keyKind: 'phone', ...ids }).href;
}

const BUSY = template('https://crm.example/v1/customers/{key}/orders?by={key}');
const IDS = { conversationId: parseConversationId('c1'), traceId: parseTraceId('t1') };

/** Whether a key stays in its two places, or is refused; any other error is thrown. */
function staysInPlace(key: string): boolean {
  try {
    const url = BUSY.expand('crm', { key, ...IDS });
    const [, version, customers, segment = '', orders, ...more] = url.pathname.split('/');
    return (
      url.origin === 'https://crm.example' &&
      `${url.username}${url.password}${url.hash}` === '' &&
      `${version}/${customers}/${orders}/${more.length}` === 'v1/customers/orders/0' &&
      decodeURIComponent(segment) === key &&
      url.searchParams.get('by') === key
    );
  } catch (error) {
    if (isRapportError(error) && error.code === 'ERR_SOURCE_KEY_REFUSED') return true;
    throw error;
  }
}

const refused: unknown = expect.objectContaining({ code: 'ERR_SOURCE_KEY_REFUSED' });

describe('parseUrlTemplate', () => {
  it.each([
    ['+15551230001', 'https://crm.example/v1/customers/%2B15551230001'],
    ['anna@example.com', 'https://crm.example/v1/customers/anna%40example.com'],
    ['@evil.example', 'https://crm.example/v1/customers/%40evil.example'],
    ['ACME/42', 'https://crm.example/v1/customers/ACME%2F42'],
    ['a?admin=1#x', 'https://crm.example/v1/customers/a%3Fadmin%3D1%23x'],
    ["'; drop table x --", 'https://crm.example/v1/customers/%27%3B%20drop%20table%20x%20--'],
    ['Zoë', 'https://crm.example/v1/customers/Zo%C3%AB'],
    ['100%', 'https://crm.example/v1/customers/100%25'],
    ['...', 'https://crm.example/v1/customers/...'],
  ])('writes %j as one encoded segment', (key, url) => {
    expect(expand('https://crm.example/v1/customers/{key}', key)).toBe(url);
  });

  it.each([
    '.',
    '..',
    '../admin',
    'a/../../admin',
    String.raw`..\admin`,
    '%2e%2e',
    '%2e%2e%2fadmin',
    '%252e%252e%252fadmin',
    '%25252525252e',
  ])('refuses %j, which would walk to another path', (key) => {
    expect(() => expand('https://crm.example/v1/customers/{key}', key)).toThrow(refused);
  });

  it('refuses a walk that only the text around the key makes', () => {
    expect(() => expand('https://crm.example/v1/.{key}/x', '.')).toThrow(refused);
  });

  it('takes dots in a query, where they mean nothing', () => {
    expect(expand('https://crm.example?q={key}&k={keyKind}', '../..')).toBe(
      'https://crm.example/?q=..%2F..&k=phone',
    );
  });

  it('keeps host and path whatever the key holds', () => {
    const nasty = fc.constantFrom(
      '../',
      '..',
      '/',
      '\\',
      '@evil',
      ':',
      '?',
      '#',
      '%2f',
      '%',
      '\r\n',
      '//',
    );
    const key = fc
      .array(
        fc.oneof(
          nasty,
          fc.string({ unit: 'grapheme', maxLength: 8 }),
          fc.string({ unit: 'binary-ascii', maxLength: 8 }),
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.join(''));
    fc.assert(fc.property(key, staysInPlace), { numRuns });
  });

  it.each([
    ['https://{key}.example/', 'path and query only'],
    ['https://crm.example{key}/', 'path and query only'],
    ['https://crm.example:{key}/', 'an absolute URL'],
    ['https://{key}@crm.example/', 'no user or password'],
    ['https://user:secret@crm.example/', 'no user or password'],
    ['{key}', 'an absolute URL'],
    ['/customers/{key}', 'an absolute URL'],
    ['file:///etc/{key}', 'https: or http:'],
    ['https://crm.example/a/../{key}', 'without . and .. segments'],
    ['https://crm.example/{key}#top', 'no # in the URL'],
  ])('says what is wrong with %s', (text, problem) => {
    expect(parseUrlTemplate(text)).toEqual({ problem: expect.stringContaining(problem) as string });
  });

  it('leaves other braces alone', () => {
    expect(expand('https://crm.example/{tenant}/{key}', 'a')).toBe(
      'https://crm.example/%7Btenant%7D/a',
    );
  });
});
