import type { FastifyReply } from 'fastify';
import { formatPath } from '../../config/paths.ts';
import { ConfigError, formatProblem } from '../../config/problems.ts';
import type { ErrorCode, RapportError } from '../../domain/errors.ts';

/** An RFC 9457 problem document, as every error of the HTTP interface is answered. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The error's stable code. */
  readonly code: string;
  /** What to do now. */
  readonly nextStep: string;
  /** Every problem found in the input, with its place. */
  readonly problems?: readonly InputProblem[] | undefined;
}

export interface InputProblem {
  readonly path: string;
  readonly message: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  413: 'Body too large',
  414: 'Path too long',
  415: 'Unsupported content type',
  417: 'Expectation failed',
  422: 'Input refused',
  429: 'Too many requests',
  431: 'Head too large',
  500: 'Internal error',
  502: 'The platform failed',
  503: 'Busy',
};

export interface ProblemParts {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  /** @defaultValue where it is told what there is to do */
  readonly nextStep?: string | undefined;
  readonly problems?: readonly InputProblem[] | undefined;
}

export function createProblem(parts: ProblemParts): Problem {
  return {
    type: `urn:rapport:problem:${parts.code}`,
    title: TITLES[parts.status] ?? 'Error',
    status: parts.status,
    detail: parts.detail,
    code: parts.code,
    nextStep: parts.nextStep ?? 'See /docs for what each operation takes and answers.',
    ...(parts.problems === undefined ? {} : { problems: parts.problems }),
  };
}

/** The document of an error that Rapport threw on purpose. */
export function problemOf(error: RapportError): Problem {
  if (error instanceof ConfigError) return problemOfConfig(error);
  return createProblem({
    status: statusOf(error),
    code: error.code,
    detail: error.message,
    nextStep: error.nextStep,
    problems: problemsOf(error.details['problems']),
  });
}

function problemOfConfig(error: ConfigError): Problem {
  return createProblem({
    status: 422,
    code: error.code,
    detail: error.message,
    nextStep: error.nextStep,
    problems: error.problems.map((problem) => ({
      path: formatPath(problem.path),
      message: formatProblem(problem),
    })),
  });
}

/** Whoever throws an error about its input lists each problem with its place. */
function problemsOf(value: unknown): readonly InputProblem[] | undefined {
  return Array.isArray(value) ? (value as readonly InputProblem[]) : undefined;
}

function statusOf(error: RapportError): number {
  const asked = error.details['httpStatus'];
  if (typeof asked === 'number') return asked;
  switch (error.fault) {
    case 'user':
      return 400;
    case 'platform':
    case 'source':
      return 502;
    case 'store':
    case 'ours':
      return error.retryable ? 503 : 500;
  }
}

/** Answers hold customers' data: no cache keeps them, and no browser takes them for what they are not. */
export const SAFE_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** With the safe ones: what is refused before any hook has none. */
export const PROBLEM_HEADERS: Readonly<Record<string, string>> = {
  ...SAFE_HEADERS,
  'content-type': 'application/problem+json; charset=utf-8',
};

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).headers(PROBLEM_HEADERS).send(JSON.stringify(problem));
}
