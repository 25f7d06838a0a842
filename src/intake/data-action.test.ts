import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { createEnrichAction, createLookupAction, type DataActionFile } from './data-action.ts';

const options = { serviceUrl: 'https://rapport.example/base/' };

/** What the platform makes of an answer: JSONPath, defaults, template. Members only, as the files use. */
function answerOf(action: DataActionFile, answer: unknown): unknown {
  const { translationMap, translationMapDefaults, successTemplate } = action.config.response;
  const text = successTemplate.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const found = follow(answer, translationMap[name] ?? '');
    return found === undefined ? (translationMapDefaults[name] ?? '') : JSON.stringify(found);
  });
  return JSON.parse(text);
}

function follow(value: unknown, path: string): unknown {
  const steps = path.matchAll(/\.(\w+)|\['((?:[^'\\]|\\.)*)'\]/g);
  return [...steps].reduce<unknown>((at, [, plain, quoted = '']) => {
    const name = plain ?? quoted.replaceAll(/\\(.)/g, '$1');
    return typeof at === 'object' && at !== null
      ? (at as Record<string, unknown>)[name]
      : undefined;
  }, value);
}

function fits(action: DataActionFile, output: unknown): boolean {
  const { $schema: _, ...schema } = action.contract.output.successSchema;
  return new Ajv().validate(schema, output);
}

describe('createLookupAction', () => {
  const keys = ['crm.tier', 'crm-tier', 'status', "it's \\ odd", '7up', 'größe', '__proto__'];
  const action = createLookupAction(keys, options);

  it('gives each attribute an output of its own, whatever its key', () => {
    const answer = JSON.parse(
      `{"status":"found","attributes":{"crm.tier":"gold \\"x\\"","crm-tier":"b","status":"c","it's \\\\ odd":"d","7up":"e","größe":"f","__proto__":"g"}}`,
    ) as unknown;
    const output = answerOf(action, answer);
    expect(Object.entries(output as object)).toEqual([
      ['status', 'found'],
      ['crm_tier', 'gold "x"'],
      ['crm_tier_2', 'b'],
      ['status_2', 'c'],
      ['it_s_odd', 'd'],
      ['a_7up', 'e'],
      ['gr_e', 'f'],
      ['a___proto__', 'g'],
    ]);
    expect(fits(action, output)).toBe(true);
  });

  it('answers as the contract says when nothing came back', () => {
    const output = answerOf(action, {});
    expect(output).toMatchObject({ status: 'failed', crm_tier: '' });
    expect(fits(action, output)).toBe(true);
  });

  it('needs the conversation, by which a caller with no number is found, too', () => {
    expect(action.contract.input.inputSchema.required).toEqual(['conversationId']);
  });

  it('sends all inputs as one JSON object, with the integration’s key', () => {
    expect(action.config.request).toEqual({
      requestUrlTemplate: 'https://rapport.example/base/v1/lookup',
      requestType: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: 'Bearer ${credentials.apiKey}',
      },
      requestTemplate: '${input.rawRequest}',
    });
  });

  it.each(['http://rapport.example', 'rapport.example', 'https://u:p@rapport.example', ''])(
    'refuses %j, which the platform would not call',
    (serviceUrl) => {
      expect(() => createLookupAction([], { serviceUrl })).toThrow(
        expect.objectContaining({ code: 'ERR_SERVICE_URL' }),
      );
    },
  );
});

describe('createEnrichAction', () => {
  const action = createEnrichAction(options);

  it('needs the conversation alone and counts what was taken', () => {
    expect(action.contract.input.inputSchema.required).toEqual(['conversationId']);
    expect(answerOf(action, { accepted: 1, observed: 0 })).toEqual({ accepted: 1 });
    expect(answerOf(action, {})).toEqual({ accepted: 0 });
  });

  it('is a file that is named, and imported as a web service action', () => {
    expect(JSON.parse(JSON.stringify(action))).toMatchObject({
      name: 'Rapport: Enrich this conversation',
      integrationType: 'custom-rest-actions',
      actionType: 'custom',
      secure: false,
    });
  });
});
