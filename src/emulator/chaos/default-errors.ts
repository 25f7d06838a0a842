/** Code and message that the contract declares for nearly every operation, by status (contract of July 2026). */
const DECLARED: ReadonlyMap<number, readonly [code: string, message: string]> = new Map([
  [
    400,
    ['bad.request', 'The request could not be understood by the server due to malformed syntax.'],
  ],
  [401, ['bad.credentials', 'Invalid login credentials.']],
  [403, ['not.authorized', 'You are not authorized to perform the requested action.']],
  [404, ['not.found', 'The requested resource was not found.']],
  [
    408,
    [
      'client.timeout',
      'The client did not produce a request within the server timeout limit. This can be caused by a slow network connection and/or large payloads.',
    ],
  ],
  [
    409,
    ['request.conflict', 'The request conflicts with the current state of the target resource.'],
  ],
  [413, ['request.entity.too.large', 'The request is over the size limit. Maximum bytes: 512000']],
  [
    415,
    [
      'unsupported.media.type',
      'Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value in the header.',
    ],
  ],
  [
    429,
    ['too.many.requests', 'Rate limit exceeded the maximum [300] requests within [60] seconds'],
  ],
  [
    500,
    [
      'internal.server.error',
      'The server encountered an unexpected condition which prevented it from fulfilling the request.',
    ],
  ],
  [
    503,
    [
      'service.unavailable',
      'Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).',
    ],
  ],
  [504, ['request.timeout', 'The request timed out.']],
]);

/** What the platform says with this status when nothing more exact is known. */
export function defaultErrorOf(status: number): {
  readonly code: string;
  readonly message: string;
} {
  const [code, message] = DECLARED.get(status) ?? [`http.${status}`, `HTTP status ${status}`];
  return { code, message };
}
