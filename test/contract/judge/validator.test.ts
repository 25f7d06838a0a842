import { describe, expect, it } from 'vitest';
import type { AnswerMessage } from '../../../src/emulator/diagnostics.ts';
import { createOpenApiValidator } from './openapi-validator.ts';
import { createSdkSchemas } from './sdk-schemas.ts';
import { OPENAPI_VARIABLE, TOPICS_VARIABLE } from './tally.ts';
import { readTopicModels, TOPIC_MODELS } from './topic-models.ts';
import { createContractValidator } from './validator.ts';

const READ = 'GET /api/v2/conversations/{conversationId}';
const WRITE =
  'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';
const CORRELATION = { 'inin-correlation-id': 'k1' };

function answer(parts: Partial<AnswerMessage>): AnswerMessage {
  const operation = parts.operation ?? READ;
  const [method = '', path = ''] = operation.split(' ');
  const blank = { status: 200, headers: CORRELATION, body: undefined, faults: [] };
  return { method, path, operation, ...blank, ...parts };
}

const CONVERSATION = {
  id: 'c1',
  startTime: '2026-01-05T09:00:00.000Z',
  participants: [{ id: 'p1', purpose: 'customer', attributes: { 'crm.tier': 'gold' } }],
};
const NOT_FOUND = {
  message: 'The requested resource was not found.',
  code: 'not.found',
  status: 404,
  contextId: 'k1',
  details: [],
  errors: [],
};

describe('createContractValidator, by the types of the SDK', () => {
  const validator = createContractValidator({});
  const problemsOf = (parts: Partial<AnswerMessage>): readonly string[] =>
    validator.checkAnswer(answer(parts));

  it('finds nothing wrong with a conversation and with an error as the platform has them', () => {
    expect(problemsOf({ body: CONVERSATION })).toEqual([]);
    expect(problemsOf({ status: 404, body: NOT_FOUND })).toEqual([]);
    expect(problemsOf({ operation: WRITE, status: 202 })).toEqual([]);
  });

  it('finds a property that is missing, of another type, or unknown to the SDK', () => {
    const { startTime: _, ...withoutStart } = CONVERSATION;
    expect(problemsOf({ body: withoutStart })).toEqual([
      `${READ} → 200: body: must have required property 'startTime'`,
    ]);
    const participants = [{ purpose: 'customer', role: 'customer', attributes: { vip: true } }];
    expect(problemsOf({ body: { ...CONVERSATION, participants } })).toEqual([
      `${READ} → 200: body/participants/0: must NOT have additional properties ("role")`,
      `${READ} → 200: body/participants/0/attributes/vip: must be string`,
    ]);
  });

  it('finds a body where the SDK declares none', () => {
    expect(problemsOf({ operation: WRITE, status: 202, body: {} })).toEqual([
      `${WRITE} → 202: body: the SDK declares none`,
    ]);
  });

  it('finds an error body of another shape', () => {
    expect(problemsOf({ status: 404, body: { error: 'not found' } })).toEqual([
      `${READ} → 404: body: must NOT have additional properties ("error")`,
    ]);
  });

  it('finds a correlation id that is missing or not the body’s', () => {
    expect(problemsOf({ headers: {}, body: CONVERSATION })).toEqual([
      `${READ} → 200: header ININ-Correlation-Id is missing`,
    ]);
    expect(problemsOf({ status: 404, body: { ...NOT_FOUND, contextId: 'k2' } })).toEqual([
      `${READ} → 404: contextId differs from header ININ-Correlation-Id`,
    ]);
  });
});

describe('createContractValidator, for frames', () => {
  const validator = createContractValidator({});
  const id = '3b8b1b8e-6f0e-4a1e-9d8e-0c6f5d0f3a11';
  const topicName = `v2.detail.events.conversation.${id}.attributes`;
  const eventBody = { eventTime: 1, conversationId: id, participantId: 'p1', attributes: {} };
  const frame = { topicName, version: '2', eventBody, metadata: { CorrelationId: 'k1' } };

  it('finds nothing wrong with an event and with a heartbeat', () => {
    expect(validator.checkFrame({ topicName, frame })).toEqual([]);
    const heartbeat = {
      topicName: 'channel.metadata',
      eventBody: { message: 'WebSocket Heartbeat' },
    };
    expect(validator.checkFrame({ topicName: 'channel.metadata', frame: heartbeat })).toEqual([]);
  });

  it('finds a wrong body, a wrong envelope and a topic that does not exist', () => {
    const wrong = { ...frame, version: 2, eventBody: { ...eventBody, eventTime: 'now' } };
    expect(validator.checkFrame({ topicName, frame: wrong })).toEqual([
      `frame ${topicName}: version says 2`,
      `frame ${topicName}: body/eventTime: must be number`,
    ]);
    const unknown = { ...frame, topicName: 'v2.conversations.c1' };
    expect(validator.checkFrame({ topicName: unknown.topicName, frame: unknown })).toEqual([
      'frame v2.conversations.c1: the platform has no such topic',
    ]);
  });
});

describe('createOpenApiValidator', () => {
  const validator = createOpenApiValidator({
    paths: {
      '/api/v2/things/{id}': {
        get: {
          responses: {
            200: { schema: { $ref: '#/definitions/Thing' } },
            404: { schema: {}, 'x-inin-error-codes': { 'not.found': '' } },
          },
        },
        delete: { responses: { 202: {} } },
      },
    },
    definitions: {
      Thing: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string' },
          at: { type: 'string', format: 'date-time' },
          state: { type: 'string', enum: ['on', 'off'] },
        },
      },
    },
  });
  const problemsOf = (parts: Partial<AnswerMessage>): readonly string[] =>
    validator.checkAnswer(answer({ operation: 'GET /api/v2/things/{id}', ...parts }));

  it('checks formats, enumerations, required and unknown properties', () => {
    expect(problemsOf({ body: { id: 'a', at: '2026-01-05T09:00:00Z', state: 'on' } })).toEqual([]);
    expect(problemsOf({ body: { at: 'today', state: 'broken', extra: 1 } })).toEqual([
      "body: must have required property 'id'",
      'body: must NOT have additional properties ("extra")',
      'body/at: must match format "date-time"',
      'body/state: must be equal to one of the allowed values (["on","off"])',
    ]);
  });

  it('checks that the status and the error code are declared', () => {
    expect(problemsOf({ status: 204 })).toEqual(['status 204 is not declared']);
    expect(problemsOf({ status: 404, body: { code: 'not.found' } })).toEqual([]);
    expect(problemsOf({ status: 404, body: { code: 'lost' } })).toEqual([
      'error code "lost" is not declared',
    ]);
  });

  it('accepts only an empty body where none is declared', () => {
    const operation = 'DELETE /api/v2/things/{id}';
    expect(problemsOf({ operation, status: 202 })).toEqual([]);
    expect(problemsOf({ operation, status: 202, body: {} })).toEqual([
      'body: none is declared for 202',
    ]);
  });

  it('leaves answers of fault rules, wrong methods and missing parts alone', () => {
    expect(problemsOf({ status: 502, faults: ['fault-1'] })).toEqual([]);
    expect(problemsOf({ status: 405 })).toEqual([]);
    expect(problemsOf({ status: 501 })).toEqual([]);
  });
});

describe('TOPIC_MODELS', () => {
  it('names models that the SDK has', () => {
    const definitions = createSdkSchemas().definitions();
    const missing = Object.values(TOPIC_MODELS).filter(
      (model) => !Object.hasOwn(definitions, model),
    );
    expect(missing).toEqual([]);
  });

  const file = process.env[TOPICS_VARIABLE];
  it.runIf(file !== undefined)('agrees with the platform’s list', () => {
    expect(readTopicModels(file ?? '')).toMatchObject(TOPIC_MODELS);
  });
});

describe('the OpenAPI document of the platform', () => {
  const file = process.env[OPENAPI_VARIABLE];
  it.runIf(file !== undefined)('can be compiled and judges a conversation', () => {
    const validator = createContractValidator({ openApi: file });
    expect(validator.hasDocument(READ)).toBe(true);
    expect(validator.checkAnswer(answer({ body: CONVERSATION }))).toEqual([]);
    const participants = [{ purpose: 'customer', calls: [{ state: 'ringing' }] }];
    expect(
      validator.checkAnswer(answer({ body: { ...CONVERSATION, participants } })).join(),
    ).toContain('calls/0/state: must be equal to one of the allowed values');
  });
});
