import type { FastifyError } from 'fastify';
import { createProblem, type Problem, type ProblemParts } from './problem.ts';

/** The document of an error that Fastify answers by itself, before a route is asked. */
export function problemOfFramework(error: FastifyError): Problem {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    return createProblem({
      status: 500,
      code: 'ERR_INTERNAL',
      detail: 'the service failed to handle this request',
      nextStep: 'Look in the log of the service for http.failed with the id in x-request-id.',
    });
  }
  return createProblem(partsOf(error, status));
}

function partsOf({ code, message: detail }: FastifyError, status: number): ProblemParts {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status, code: 'ERR_BODY_TOO_LARGE', detail, nextStep: 'Send at most 1 MiB.' };
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return { status, code: 'ERR_MALFORMED_JSON', detail, nextStep: 'Send one JSON object.' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        status,
        code: 'ERR_MEDIA_TYPE',
        detail,
        nextStep: 'Send JSON, with `content-type: application/json`.',
      };
    case 'FST_ERR_BAD_URL':
      return {
        status,
        code: 'ERR_BAD_URL',
        detail,
        nextStep: 'Encode each part of the path as UTF-8 with percent signs.',
      };
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return {
        status,
        code: 'ERR_PATH_TOO_LONG',
        detail: 'a part of the path is too long',
        nextStep: 'An id has at most 128 characters.',
      };
    default:
      return { status, code: `ERR_${code.replace(/^FST_ERR_/, '')}`, detail };
  }
}
