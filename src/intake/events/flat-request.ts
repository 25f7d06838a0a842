import { RapportError } from '../../domain/errors.ts';
import { parseConversationId, parseParticipantId } from '../../domain/ids.ts';
import { asText, type Fields } from '../../domain/fields.ts';
import type { ParsedEvent } from '../intake.ts';

/** Longest text a caller may give as key, phone or e-mail, and what is kept of a reason, in characters. */
const MAX_TEXT_LENGTH = 512;
/** What may stand in a dedupe key: printable ASCII, so that it reads the same in every log and store. */
const KEY_PATTERN = /^[\x21-\x7e]{1,200}$/;

/**
 * Reads `{conversationId, participantId?, externalId?, phone?, email?, reason?, executionId?}`, as a
 * data action or any program sends it. Numbers are taken as text, since flows do not always quote.
 *
 * @throws {RapportError} `ERR_INVALID_ID` when an id in it is not an id, `ERR_INVALID_INPUT` when whom it is
 *   about is no text or takes too much: without it another key would be asked for, and maybe another customer found
 */
export function parseFlatRequest(fields: Fields): ParsedEvent {
  const conversationId = parseConversationId(fields['conversationId']);
  const participantId = textOf(fields, 'participantId');
  const executionId = asDedupeId(given(fields['executionId']));
  return {
    kind: 'asked',
    request: {
      conversationId,
      kind: 'enrich',
      lane: 'live',
      dedupeKey: executionId && `action:${conversationId}:${executionId}`,
      traceId: undefined,
      body: {
        participantId: participantId === undefined ? undefined : parseParticipantId(participantId),
        externalId: textOf(fields, 'externalId'),
        phone: textOf(fields, 'phone'),
        email: textOf(fields, 'email'),
        reason: given(fields['reason'])?.slice(0, MAX_TEXT_LENGTH),
      },
    },
  };
}

/** An id that may be part of a dedupe key, or undefined when it could not be one. */
export function asDedupeId(value: unknown): string | undefined {
  return typeof value === 'string' && KEY_PATTERN.test(value) ? value : undefined;
}

function textOf(
  fields: Fields,
  name: 'participantId' | 'externalId' | 'phone' | 'email',
): string | undefined {
  const value = fields[name];
  const text = given(value);
  if (text === undefined && (typeof value === 'string' || value == null)) return undefined;
  if (text !== undefined && text.length <= MAX_TEXT_LENGTH) return text;
  const found = text === undefined ? typeof value : `${text.length}`;
  throw new RapportError({
    code: 'ERR_INVALID_INPUT',
    message: `${name} must be a text of at most ${MAX_TEXT_LENGTH} characters, got ${found}`,
    nextStep: 'Correct what is listed; /docs says what each operation takes.',
    details: { httpStatus: 422 },
  });
}

function given(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const text = asText(value)?.trim();
  return text === '' ? undefined : text;
}
