import { LookupError } from '../../errors.ts';
import { parseJsonAnswer } from './json-answer.ts';
import { NOT_FOUND, type SourceAnswer } from '../../source.ts';
import type { HttpAnswer } from './exchange.ts';
import { judgeStatus } from './status.ts';

export interface AnswerRules {
  readonly source: string;
  readonly maxBytes: number;
  /** JSON Pointer to the customer's record within the answer. */
  readonly record: string | undefined;
  /** The time now, for a `Retry-After` that is a date. */
  readonly wallMs: number;
}

/** Takes bytes that are no UTF-8 for U+FFFD, and leaves a byte order mark out. */
const UTF8 = new TextDecoder();

/**
 * Reads what a service answered.
 *
 * @throws {LookupError}
 */
export function readAnswer(response: HttpAnswer, rules: AnswerRules): SourceAnswer {
  const verdict = judgeStatus(response, rules);
  if (verdict === 'not-found') return NOT_FOUND;
  if (verdict !== 'read') throw verdict;
  const { body } = response;
  if (body !== 'too-large') return parseJsonAnswer(rules.source, UTF8.decode(body), rules.record);
  throw new LookupError({
    code: 'ERR_SOURCE_TOO_LARGE',
    source: rules.source,
    message: `answered with more than ${rules.maxBytes} bytes`,
    nextStep: 'Ask for fewer fields or records, or raise maxBytes.',
  });
}
