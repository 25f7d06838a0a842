import { parseAttributes, type Attributes } from '../../domain/attributes.ts';
import { apiPath } from '../../genesys/request/platform-request.ts';
import type { ParticipantRef } from '../platform-port.ts';
import type { Changes, WriteContext } from './profile.ts';

/** A participant as the paths answer that read one. */
export interface ReadParticipant {
  readonly attributes: Attributes;
  readonly state: string | undefined;
}

export const voicePath = ({ conversationId, participantId }: ParticipantRef): string =>
  apiPath`/api/v2/conversations/voice/${conversationId}/participants/${participantId}`;

export const participantPath = ({ conversationId, participantId }: ParticipantRef): string =>
  apiPath`/api/v2/conversations/${conversationId}/participants/${participantId}`;

export async function readParticipant(
  path: string,
  { port, call }: WriteContext,
): Promise<ReadParticipant> {
  const body = await port.send({ operation: 'readParticipant', method: 'GET', path }, call);
  const fields = new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);
  const state: unknown = fields.get('state');
  return {
    attributes: parseAttributes(fields.get('attributes')),
    state: typeof state === 'string' ? state : undefined,
  };
}

/** What is there, with the changes in it. Removed keys become an empty text, which every reader takes. */
export function merge(present: Attributes, changes: Changes): Attributes {
  const merged = new Map(present);
  for (const [key, value] of changes) merged.set(key, value ?? '');
  return merged;
}
