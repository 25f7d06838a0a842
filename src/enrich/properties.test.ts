import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aConversation,
  aPlan,
  failed,
  found,
  notFound,
  run,
} from '../../test/fixtures/enrichment.ts';
import { ATTRIBUTE_TYPES, type AttributeType } from './mapping/canonical.ts';
import type { AttributeInput } from './options.ts';
import { renderReport } from './report/render-report.ts';
import { maskReport } from './report/report.ts';

const numRuns = Number(process.env['RAPPORT_RUNS'] ?? 60);

/** Text that has broken somebody: controls, escapes, direction marks, lone surrogates, markup, names of members. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\u001b[2J\u001b]0;x\u0007',
    '\u202e\u2066\u200b',
    '\ud800',
    '__proto__',
    'constructor',
    '${jndi:ldap://x}',
    '<script>alert(1)</script>',
    "'; drop table customers; --",
    '../../etc/passwd',
    '{{7*7}}',
    'tel:+1555123000199999999999999',
    'sip:%zz@x',
    '4111 1111 1111 1111',
    'x'.repeat(5000),
  ),
);
const hostileValue = fc.oneof(
  hostileText,
  fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 3 }),
);

const mapping = Object.fromEntries(
  ATTRIBUTE_TYPES.map((type): readonly [string, AttributeInput] => [
    `crm.${type}`,
    {
      from: `crm.${type}`,
      type,
      class: type === 'json' ? 'personal' : 'public',
      ...(type === 'enum' && { values: ['gold', 'silver'] }),
    },
  ]),
);
const plan = aPlan({ attributes: mapping });

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** What a text of each type looks like, told apart from the code that writes it. */
const LOOKS: Readonly<Record<AttributeType, (text: string) => boolean>> = {
  auto: () => true,
  string: () => true,
  integer: (text) => /^(0|-?[1-9]\d*)$/.test(text),
  decimal: (text) => /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/.test(text),
  boolean: (text) => text === 'true' || text === 'false',
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  datetime: (text) => /^\d{4}-.*T.*Z$/.test(text) && new Date(text).toISOString() === text,
  duration: (text) => /^P[\dYMWDTHS.]+$/.test(text),
  currency: (text) => /^-?\d+(\.\d+)? [A-Z]{3}$/.test(text),
  json: isJson,
  enum: (text) => text === 'gold' || text === 'silver',
};

/** Values that come near to each type, right and wrong. */
const near = fc.constantFrom<unknown>(
  'yes',
  'on',
  2,
  '1',
  '1e3',
  '-0',
  '0x10',
  ' 7 ',
  '2026-02-30',
  '2026-01-31',
  '2026-01-31T25:00:00Z',
  '2026-01-31 10:00',
  'P',
  'pt5m',
  '12.50 eur',
  'EUR',
  '{"a":',
  '[1]',
  'GOLD',
  'gild',
  Number.MAX_VALUE,
  5e-324,
);

/** A member for some of the attributes, of whatever type JSON has. */
const anyRecord = fc.dictionary(fc.constantFrom(...ATTRIBUTE_TYPES), fc.jsonValue());

describe('enrich, whatever a source answers', () => {
  it('writes no value that is not of its declared type, and no key that it does not account for', async () => {
    const record = fc.record(
      Object.fromEntries(ATTRIBUTE_TYPES.map((type) => [type, fc.oneof(near, hostileValue)])),
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(record, async (value) => {
        const { patch, report } = await run({ plan, answers: { crm: found(value) } });
        for (const [key, text] of patch) {
          const type = key.slice('crm.'.length) as AttributeType;
          expect([key, text, LOOKS[type](text)]).toEqual([key, text, true]);
          expect(text.length).toBeLessThanOrEqual(4096);
        }
        expect(report.keys.map(({ key }) => key)).toEqual(Object.keys(mapping));
        expect(
          report.keys.filter(({ action }) => action === 'write').map(({ key }) => key),
        ).toEqual([...patch.keys()]);
      }),
      { numRuns },
    );
  });

  it('gives the same patch, hash and report for the same data, in any order of their members', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, async (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        const [first, second] = await Promise.all(
          [value, turned].map((answer) => run({ plan, answers: { crm: found(answer) } })),
        );
        expect(second?.report).toEqual(first?.report);
      }),
      { numRuns },
    );
  });

  it('changes nothing when it is repeated on what it wrote', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord, async (value) => {
        const answers = { crm: found(value) };
        const { patch } = await run({ plan, answers });
        const attributes = Object.fromEntries(patch);
        const self = { addressNormalized: 'tel:+15551230001' };
        const calls = [{ id: 'l', state: 'connected', direction: 'inbound', self }];
        const conversation = aConversation({ id: 'p', purpose: 'customer', attributes, calls });
        const again = await run({ plan, conversation, answers });
        expect([again.patch.size, again.result]).toEqual([0, 'unchanged']);
      }),
      { numRuns },
    );
  });

  it('answers hostile data in every field of the conversation with a report, and masks it', async () => {
    const participant = fc.record({
      id: fc.constantFrom('p1', 'p2', 'p3'),
      purpose: fc.oneof(fc.constantFrom('customer', 'external', 'agent'), hostileText),
      address: hostileText,
      ani: hostileText,
      name: hostileText,
      externalContactId: hostileText,
      attributes: fc.dictionary(hostileText, hostileText),
      calls: fc.array(
        fc.record({
          id: hostileText,
          state: hostileText,
          self: fc.record({ addressRaw: hostileText }),
        }),
        { maxLength: 2 },
      ),
      emails: fc.array(
        fc.record({ id: hostileText, fromAddress: fc.record({ addressRaw: hostileText }) }),
        { maxLength: 1 },
      ),
    });
    const answer = fc.oneof(
      hostileValue.map((value) => found(value)),
      fc.constant(notFound()),
      fc.constant(failed()),
    );
    const request = fc.record(
      { externalId: hostileText, phone: hostileText, email: hostileText },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(participant, { maxLength: 3 }),
        request,
        answer,
        async (participants, asked, crm) => {
          const conversation = aConversation(...participants);
          const { report } = await run({ plan, conversation, request: asked, answers: { crm } });
          const controls = renderReport(report).match(/[^\P{Cc}\n]|\p{Cf}/gu) ?? [];
          expect(controls).toEqual([]);
          expect(
            maskReport(report)
              .keys.flatMap(({ wanted, present }) => [wanted, present])
              .filter((value) => value !== undefined && value !== '•••'),
          ).toEqual([]);
        },
      ),
      { numRuns },
    );
  });
});
