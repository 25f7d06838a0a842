import { describe, expect, it } from 'vitest';
import { parseFlowSchema } from './flow-schema.ts';

const declared = (body: unknown): readonly string[] =>
  [...(parseFlowSchema('f1', body)?.inputs ?? [])].map(
    ([key, { type, declared: word, required }]) =>
      `${key} ${word}→${type}${required ? ' required' : ''}`,
  );

describe('parseFlowSchema', () => {
  it('reads the input schema of the published version', () => {
    const inputSchema = {
      required: ['a'],
      properties: {
        a: { type: 'string' },
        b: { type: 'integer' },
        c: { type: 'number' },
        d: { type: ['boolean', 'null'] },
        e: { type: 'string', format: 'date-time' },
        f: { type: 'string', format: 'duration' },
        g: { type: 'string', enum: ['x', 'y'] },
        h: { type: 'array', items: { type: 'string' } },
        i: { type: 'object', properties: { amount: {}, code: {} } },
        j: {},
        k: 7,
      },
    };
    const body = {
      inputSchema: { properties: { old: {} } },
      publishedVersion: { id: '7.0', inputSchema },
    };
    expect(parseFlowSchema('f1', body)?.version).toBe('7.0');
    expect(declared(body)).toEqual([
      'a string→string required',
      'b integer→integer',
      'c number→decimal',
      'd boolean→boolean',
      'e date-time→datetime',
      'f duration→duration',
      'g enum→enum',
      'h array→json',
      'i currency→currency',
      'j any→auto',
      'k any→auto',
    ]);
  });

  it('reads the schema of a given version, and of the flow itself', () => {
    expect(declared({ id: '3', inputSchema: { properties: { a: { type: 'boolean' } } } })).toEqual([
      'a boolean→boolean',
    ]);
  });

  it('document 002: understands a list of input definitions', () => {
    const inputDefinitions = [
      { name: 'tier', dataType: 'String' },
      { name: 'score', dataType: 'number' },
      { name: 'vip', data_type: 'Boolean' },
      { name: 'since', dataType: 'Date', required: true },
      { dataType: 'String' },
      'x',
    ];
    const expected = [
      'tier string→string',
      'score number→decimal',
      'vip boolean→boolean',
      'since date→date required',
    ];
    expect(declared({ inputDefinitions })).toEqual(expected);
    expect(declared({ input_definitions: inputDefinitions })).toEqual(expected);
  });

  it.for([
    null,
    7,
    [],
    {},
    { inputSchema: 'x' },
    { inputSchema: { properties: [] } },
    { publishedVersion: 7 },
  ])('says of %j that it declares nothing', (body) => {
    expect(parseFlowSchema('f1', body)).toBeUndefined();
  });
});
