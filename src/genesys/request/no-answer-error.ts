import { TimeoutError } from '../../lib/abort.ts';
import { InDoubtError, PlatformError } from '../errors.ts';
import { WireError } from '../transport/wire.ts';
import type { PlatformRequest } from './platform-request.ts';

export interface NoAnswer {
  readonly request: PlatformRequest;
  readonly error: WireError;
  readonly apiUrl: string;
  readonly isRepeatable: boolean;
}

/** The error of a request that got no answer; in doubt when it is a change that may have arrived. */
export function toNoAnswerError(parts: NoAnswer): PlatformError {
  const { request, error, apiUrl } = parts;
  const timeout = error.cause instanceof TimeoutError ? error.cause : undefined;
  const reason = timeout === undefined ? error.message : timeout.message;
  const message = `${request.operation} (${request.method} ${request.path}) got no answer: ${reason}`;
  const common = { operation: request.operation, message, cause: error } as const;
  if (error.isSent && !parts.isRepeatable) return new InDoubtError(common);
  // What never left may be sent again, whatever kept it.
  const isUnreachable = !error.isSent && error.failure !== 'untrusted';
  switch (isUnreachable ? 'unreachable' : error.failure) {
    case 'unreachable':
      return new PlatformError({
        ...common,
        code: 'ERR_GENESYS_UNREACHABLE',
        retryable: true,
        message: `nothing answers at ${apiUrl}: ${reason}`,
        nextStep: `Check the region or apiUrl, the network, and a proxy or firewall on the way. For a try without an account start the emulator (rapport emulator) and point apiUrl at it.`,
      });
    case 'untrusted':
      return new PlatformError({
        ...common,
        code: 'ERR_GENESYS_UNTRUSTED',
        fault: 'user',
        message: `${apiUrl} cannot be trusted: ${reason}`,
        nextStep:
          'If a proxy of your company reads TLS, give Node its certificate with NODE_EXTRA_CA_CERTS; if this is the emulator, use http.',
      });
    case 'too-large':
      return new PlatformError({
        ...common,
        code: 'ERR_GENESYS_ANSWER_TOO_LARGE',
        nextStep: 'Check the region or the API URL; a conversation is never that large.',
      });
    case 'broken':
    case 'aborted':
      return new PlatformError({
        ...common,
        code: timeout === undefined ? 'ERR_GENESYS_BROKEN_CONNECTION' : 'ERR_GENESYS_NO_ANSWER',
        retryable: true,
        nextStep: 'Try again; if it stays, check the network and the platform’s status page.',
      });
  }
}
