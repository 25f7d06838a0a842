import { PlatformError } from './platform-error.ts';

// Codes and messages are the contract's (`x-inin-error-codes`, July 2026), unless a line says otherwise.

export const badRequest = (
  message = 'The request could not be understood by the server due to malformed syntax.',
): PlatformError => new PlatformError({ status: 400, code: 'bad.request', message });

/** @param allowed what the field takes, in words */
export const invalidValue = (value: string, field: string, allowed: string): PlatformError =>
  new PlatformError({
    status: 400,
    code: 'invalid.value',
    message: `Value [${value}] is not valid for field type [${field}]. Allowable values are: ${allowed}`,
    messageParams: { value, field, allowed },
  });

export const notAUser = (): PlatformError =>
  new PlatformError({
    status: 400,
    code: 'not.a.user',
    message:
      'This request requires a user context. Client credentials cannot be used for requests to this resource.',
  });

export const notAClient = (): PlatformError =>
  new PlatformError({
    status: 400,
    code: 'not.a.client',
    message:
      'This request requires a non-user context. User token cannot be used for requests to this resource.',
  });

export const authenticationRequired = (): PlatformError =>
  new PlatformError({
    status: 401,
    code: 'authentication.required',
    message: 'No authentication bearer token specified in authorization header.',
  });

export const badCredentials = (): PlatformError =>
  new PlatformError({
    status: 401,
    code: 'bad.credentials',
    message: 'Invalid login credentials.',
  });

export const credentialsExpired = (): PlatformError =>
  new PlatformError({
    status: 401,
    code: 'credentials.expired',
    message: 'The supplied credentials are expired and cannot be used.',
  });

export const missingPermissions = (
  kind: 'any' | 'all',
  permissions: readonly string[],
): PlatformError => {
  const list = `[${permissions.join(', ')}]`;
  return new PlatformError({
    status: 403,
    code: kind === 'any' ? 'missing.any.permissions' : 'missing.permissions',
    message:
      kind === 'any'
        ? `Unable to perform the requested action. You must have at least one of the following permissions assigned: ${list}`
        : `Unable to perform the requested action. You are missing the following permission(s): ${list}`,
    messageParams: { permissions: list },
  });
};

export const missingDivisionPermission = (): PlatformError =>
  new PlatformError({
    status: 403,
    code: 'missing.division.permission',
    message: 'You are not authorized to perform the requested action.',
  });

export const missingScope = (scope: string): PlatformError =>
  new PlatformError({
    status: 403,
    code: 'app.not.authorized.for.scope',
    message: `App not authorized to use scope ${scope}`,
    messageParams: { scope },
  });

export const notFound = (message = 'The requested resource was not found.'): PlatformError =>
  new PlatformError({ status: 404, code: 'not.found', message });

export const conversationNotFound = (): PlatformError =>
  new PlatformError({
    status: 404,
    code: 'conversation.error.conversation.not.found',
    message: 'The conversation does not exist.',
  });

export const participantNotFound = (): PlatformError =>
  new PlatformError({
    status: 404,
    code: 'conversation.error.participant.not.found',
    message: 'The participant does not exist.',
  });

/** The contract declares this code, blanks included, for a few paths only; for all others it is assumed. */
export const methodNotAllowed = (allowed: readonly string[]): PlatformError =>
  new PlatformError({
    status: 405,
    code: 'method not allowed',
    message: 'The request method is not allowed for this resource',
    headers: { allow: allowed.join(', ') },
  });

export const tooLarge = (maxBytes: number): PlatformError =>
  new PlatformError({
    status: 413,
    code: 'request.entity.too.large',
    message: `The request is over the size limit. Maximum bytes: ${maxBytes}`,
    messageParams: { maxBytes: String(maxBytes) },
  });

export const unsupportedMediaType = (): PlatformError =>
  new PlatformError({
    status: 415,
    code: 'unsupported.media.type',
    message:
      'Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value in the header.',
  });

export const internalError = (): PlatformError =>
  new PlatformError({
    status: 500,
    code: 'internal.server.error',
    message:
      'The server encountered an unexpected condition which prevented it from fulfilling the request.',
  });

/** Not an answer of the platform: the emulator says that it lacks something the platform has. */
export const notEmulated = (method: string, template: string): PlatformError =>
  new PlatformError({
    status: 501,
    code: 'emulator.not.implemented',
    message: `The platform has ${method} ${template}, the emulator does not. See the emulator's support matrix.`,
  });

export const invalidQuery = (value: string, name: string, allowed: string): PlatformError =>
  new PlatformError({
    status: 400,
    code: 'invalid.query.param.value',
    message: `Value [${value}] is not valid for parameter [${name}]. Allowable values are: ${allowed}`,
    messageParams: { value, name, allowed },
  });
