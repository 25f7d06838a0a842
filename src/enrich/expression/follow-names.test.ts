import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { followNames, namesOf } from './follow-names.ts';

const names = (text: string): readonly string[] | undefined => namesOf(jsonata(text).ast());

describe('namesOf', () => {
  it('tells the names of an expression that only follows them', () => {
    expect(names('crm.address.`post code`')).toEqual(['crm', 'address', 'post code']);
    expect(names('crm')).toEqual(['crm']);
  });

  it.each([
    'crm.orders[0]',
    'crm.orders[]',
    'crm.orders^(at)',
    'crm.orders@$o.id',
    'crm.orders#$i.id',
    'crm{tier: name}',
    'crm.(tier)',
    'crm.*',
    'crm.%',
    'crm.$string(tier)',
    '"crm"',
    '$.crm',
    'crm.tier & "!"',
  ])('says nothing of %s, which does more', (text) => {
    expect(names(text)).toBeUndefined();
  });
});

describe('followNames', () => {
  const key = fc.constantFrom('a', 'b', '__proto__', 'length');
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, 0, '', 'text', false),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
    ),
  })).value;

  it('gives what JSONata gives, wherever no list is in the way', async () => {
    const path = fc.array(key, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(json, path, async (input, steps) => {
        const expression = jsonata(steps.map((step) => `\`${step}\``).join('.'));
        const followed = followNames(input, namesOf(expression.ast()) ?? []);
        fc.pre(followed !== undefined);
        expect(followed?.value).toEqual(await expression.evaluate(input));
      }),
    );
  });

  it('leaves lists to JSONata', () => {
    expect(followNames({ a: [{ b: 1 }] }, ['a', 'b'])).toBeUndefined();
    expect(followNames({ a: { b: [1] } }, ['a', 'b'])).toBeUndefined();
    expect(followNames([{ a: 1 }], ['a'])).toBeUndefined();
  });
});
