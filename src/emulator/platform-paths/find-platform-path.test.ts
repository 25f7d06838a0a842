import { describe, expect, it } from 'vitest';
import { createPlatformPaths } from './find-platform-path.ts';
import { truePathOf } from './true-path.ts';

const paths = createPlatformPaths();

describe('createPlatformPaths', () => {
  it('finds an operation and names its parameters', () => {
    expect(paths.find('PATCH', '/api/v2/conversations/c1/participants/p1/attributes')).toEqual({
      kind: 'operation',
      template: '/api/v2/conversations/{conversationId}/participants/{participantId}/attributes',
    });
  });

  it('prefers a literal segment to a parameter', () => {
    expect(paths.find('GET', '/api/v2/users/me')).toEqual({
      kind: 'operation',
      template: '/api/v2/users/me',
    });
    expect(paths.find('GET', '/api/v2/users/4711')).toEqual({
      kind: 'operation',
      template: '/api/v2/users/{userId}',
    });
  });

  it('tells the methods of a path that has others', () => {
    expect(paths.find('PUT', '/api/v2/conversations/c1')).toEqual({
      kind: 'other-methods',
      template: '/api/v2/conversations/{conversationId}',
      methods: ['DELETE', 'GET'],
    });
  });

  it.for([
    '/api/v2/conversations/voice/c1/participants/p1',
    '/api/v2/conversations/',
    '/api/v2/conversations//participants/p1/attributes',
    '/api/v2',
    '/api/v1/conversations',
    '/',
    '',
    '/api/v2/__proto__/constructor',
    '/API/V2/conversations',
  ])('knows nothing of %j', (path) => {
    expect(paths.find('GET', path)).toEqual({ kind: 'unknown' });
  });

  it('lists every operation once', () => {
    const operations = paths.operations();
    expect(operations.length).toBeGreaterThan(2_000);
    expect(new Set(operations).size).toBe(operations.length);
    for (const operation of operations) {
      const [method = '', path = ''] = operation.split(' ');
      expect(paths.find(method, path)).toEqual({ kind: 'operation', template: path });
    }
  });
});

describe('truePathOf', () => {
  it.for([
    [
      'PATCH /api/v2/conversations/voice/c1/participants/p1',
      'PATCH /api/v2/conversations/calls/{conversationId}/participants/{participantId}',
    ],
    ['GET /api/v2/conversations/message/c1', 'GET /api/v2/conversations/messages/{conversationId}'],
    ['GET /api/v2/interactions/c1', 'GET /api/v2/conversations/{conversationId}'],
    ['GET /v2/flows/f1', 'GET /api/v2/flows/{flowId}'],
    ['GET /conversations/c1', 'GET /api/v2/conversations/{conversationId}'],
    ['GET /api/v2/routing/queues/', 'GET /api/v2/routing/queues'],
    ['GET /api/v2/conversations/c1/participants/p1', 'GET /api/v2/conversations/{conversationId}'],
    [
      'PATCH /api/v2/conversations/c1',
      'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes',
    ],
    ['POST /api/v2/conversations', 'POST /api/v2/conversations/callbacks'],
    ['GET /api/v2/nothing/like/it', undefined],
    ['GET /', undefined],
  ] as const)('for %s names %s', ([operation, expected]) => {
    const [method = '', path = ''] = operation.split(' ');
    expect(truePathOf(paths, method, path)).toBe(expected);
  });
});
