import type { Dispatcher } from 'undici';
import { LookupError } from '../../errors.ts';
import { parseJsonAnswer } from '../../json-answer.ts';
import { NOT_FOUND, type SourceAnswer } from '../../source.ts';
import { unreachable } from '../../network-error.ts';
import { judgeStatus } from './status.ts';

export interface AnswerRules {
  readonly source: string;
  /** Where the request went; named in messages. */
  readonly host: string;
  readonly maxBytes: number;
  /** JSON Pointer to the customer's record within the answer. */
  readonly record: string | undefined;
  /** The time now, for a `Retry-After` that is a date. */
  readonly wallMs: number;
  readonly signal: AbortSignal;
}

type Response = Dispatcher.ResponseData;

/** How much of an unwanted body is read so that its connection can be used again, in bytes. */
const DUMPED_BYTES = 16_384;

/**
 * Reads what a service answered. The body of anything but a success is thrown away unread: it
 * may hold what must not reach a log.
 *
 * @throws {LookupError}
 */
export async function readAnswer(response: Response, rules: AnswerRules): Promise<SourceAnswer> {
  const verdict = judgeStatus(response, rules);
  if (verdict === 'read') {
    return parseJsonAnswer(rules.source, await readText(response, rules), rules.record);
  }
  await dump(response, rules.signal);
  if (verdict === 'not-found') return NOT_FOUND;
  throw verdict;
}

/** Throws a body away. A connection that breaks meanwhile changes nothing about the answer. */
export async function dump(response: Response, signal: AbortSignal): Promise<void> {
  try {
    await response.body.dump({ limit: DUMPED_BYTES, signal });
  } catch {
    signal.throwIfAborted();
  }
}

async function readText(response: Response, rules: AnswerRules): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      // Leaving the loop destroys the body, and with it the connection.
      if (bytes > rules.maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    rules.signal.throwIfAborted();
    throw unreachable(rules.source, rules.host, error);
  }
  if (bytes <= rules.maxBytes) return new TextDecoder().decode(Buffer.concat(chunks));
  throw new LookupError({
    code: 'ERR_SOURCE_TOO_LARGE',
    source: rules.source,
    message: `answered with more than ${rules.maxBytes} bytes`,
    nextStep: 'Ask for fewer fields or records, or raise maxBytes.',
  });
}
