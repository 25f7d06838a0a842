import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema, knownMembers } from './json-schema.ts';
import { renderReference } from './render-reference.ts';

const inReference = (name: string): Promise<string> =>
  readFile(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8');

describe('renderReference', () => {
  it('gives what docs/reference/configuration.md holds; after a change of options run npm run generate', async () => {
    expect(await inReference('configuration.md')).toBe(renderReference(configJsonSchema()));
  });

  it('describes every option', () => {
    const undescribed = renderReference(configJsonSchema())
      .split('\n')
      .filter(
        (line) => line.startsWith('| `') && line.endsWith('|  |') && !line.includes(').type`'),
      );
    expect(undescribed).toEqual([]);
  });
});

describe('configJsonSchema', () => {
  it('gives what docs/reference/configuration.schema.json holds; after a change of options run npm run generate', async () => {
    expect(JSON.parse(await inReference('configuration.schema.json'))).toEqual(configJsonSchema());
  });

  it('is a JSON Schema that accepts a configuration and refuses an unknown option', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
      configJsonSchema(),
    );
    const config: unknown = parse(`
      genesys: { region: mypurecloud.de, auth: { type: client-credentials, clientId: a, clientSecret: b } }
      sources: { crm: { type: http, url: 'https://crm.example/{key}' } }
      attributes: { crm.tier: { from: crm.tier, default: standard } }
    `);
    validate(config);
    expect(validate.errors).toBeNull();
    expect(validate({ ...(config as object), colour: 'blue' })).toBe(false);
  });

  it('tells the members of a section by the type that it names', () => {
    const auth = { type: 'token' };
    expect(knownMembers(configJsonSchema(), ['genesys', 'auth'], { genesys: { auth } })).toEqual([
      'type',
      'token',
    ]);
  });
});
