import { describe, expect, it } from 'vitest';
import { appOf, createStage } from '../stage.fixture.ts';
import { fieldsOf } from './fields.ts';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly example?: object } };
  };
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

describe('the description of the HTTP interface', () => {
  it('gives an example for each body that is asked for, and each is taken', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const document = (await app.inject({ url: '/openapi.json' })).json<OpenApi>();
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const withBody = operations.filter(({ operation }) => operation.requestBody !== undefined);
    expect(withBody.map(({ operation }) => operation.operationId).toSorted()).toEqual([
      'createTicket',
      'enrichConversation',
      'erasePerson',
      'lookUp',
      'setAttributes',
      'takeEvent',
    ]);
    for (const { path, method, operation } of withBody) {
      const answer = await app.inject({
        method: method === 'patch' ? 'PATCH' : 'POST',
        url: path.replace('{id}', 'c1'),
        headers: stage.as('enrich', 'write', 'lookup', 'read', 'erase', 'events'),
        payload: operation.requestBody?.content['application/json'].example ?? {},
      });
      expect([operation.operationId, Math.floor(answer.statusCode / 100)]).toEqual([
        operation.operationId,
        2,
      ]);
    }
  });

  it('shows on its page what an operation takes, where, and how it is called', async () => {
    await using app = appOf(createStage());
    const { body } = await app.inject({ url: '/docs' });
    const section = /<section id="setAttributes">.*?<\/section>/s.exec(body)?.[0] ?? '';
    for (const shown of [
      '<td><code>id</code> *</td><td>path</td><td>text</td>',
      '<td><code>idempotency-key</code></td><td>header</td>',
      '<td><code>wait</code></td><td>query</td><td>&quot;settled&quot;, &quot;visible&quot;</td>',
      '<td><code>attributes</code> *</td><td>body</td><td>object</td>',
    ]) {
      expect(section).toContain(shown);
    }
    expect(section).toContain(
      'curl -X PATCH &quot;$RAPPORT_URL/v1/conversations/$ID/attributes&quot;',
    );
    expect(body).toContain('curl -N &quot;$RAPPORT_URL/v1/events&quot;');
  });
});

describe('fieldsOf', () => {
  it('names members of members, those of a list too, and what each may be', () => {
    const fields = fieldsOf({
      required: ['keys'],
      properties: {
        keys: {
          description: 'What was written.',
          items: { type: 'object', properties: { state: { enum: ['visible', 'failed'] } } },
        },
        at: { type: ['integer', 'null'] },
        who: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'string' }] },
        deep: { type: 'object', properties: { a: { type: 'object', properties: { b: {} } } } },
      },
    });
    const told = fields.map(
      ({ name, type, isRequired }) => `${name}${isRequired ? ' *' : ''}: ${type}`,
    );
    expect(told).toEqual([
      'keys *: list of object',
      'keys[].state: "visible", "failed"',
      'at: integer or null',
      'who: text or number',
      'deep: object',
      'deep.a: object',
      'deep.a.b: any',
    ]);
    expect(fields[0]?.told).toBe('What was written.');
  });
});
