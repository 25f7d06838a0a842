import { parseParticipantId } from '../domain/ids.ts';
import type { RequestBody } from '../domain/request.ts';

/** What is known of the customer, and whom to write to. */
export interface EnrichCall {
  /** The participant to write to, in the place of the customer's that is found. */
  readonly participantId?: string | undefined;
  /** Look for a participant of this purpose. */
  readonly purpose?: string | undefined;
  readonly externalId?: string | undefined;
  /** E.164, such as `+15551230001`. */
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Known = Pick<RequestBody, 'participantId' | 'purpose' | 'externalId' | 'phone' | 'email'>;

/** @throws {RapportError} `ERR_INVALID_ID` */
export function toRequestBody({
  participantId,
  purpose,
  externalId,
  phone,
  email,
}: EnrichCall): Known {
  return {
    participantId: participantId === undefined ? undefined : parseParticipantId(participantId),
    purpose,
    externalId,
    phone,
    email,
  };
}
