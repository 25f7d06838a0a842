import { describe, expect, it } from 'vitest';
import { matchesOperation, parseOperationPattern } from './operation-pattern.ts';

const matches = (pattern: string, operation: string): boolean =>
  matchesOperation(parseOperationPattern(pattern), operation);

describe('matchesOperation', () => {
  it.for([
    ['GET /api/v2/conversations/{id}', 'GET /api/v2/conversations/{conversationId}', true],
    ['GET /api/v2/conversations/*', 'GET /api/v2/conversations/{conversationId}', true],
    ['* /api/v2/conversations/*', 'PATCH /api/v2/conversations/{conversationId}', true],
    ['PATCH /api/v2/conversations/*', 'GET /api/v2/conversations/{conversationId}', false],
    ['GET /api/v2/conversations', 'GET /api/v2/conversations/{conversationId}', false],
    ['GET /api/v2/conversations/**', 'GET /api/v2/conversations', true],
    ['GET /api/v2/conversations/**', 'GET /api/v2/conversations/{a}/participants/{b}', true],
    ['GET /api/v2/conversations/**', 'GET /api/v2/users/me', false],
    ['* /**', 'POST /oauth/token', true],
  ] as const)('%s against %s is %s', ([pattern, operation, expected]) => {
    expect(matches(pattern, operation)).toBe(expected);
  });
});
