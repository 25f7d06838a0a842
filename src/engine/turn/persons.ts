import type { Participant } from '../../domain/conversation.ts';
import type { RequestBody } from '../../domain/request.ts';
import type { Enrichment } from '../../enrich/enrichment.ts';
import { bareNumber } from '../../enrich/customer/phone.ts';
import type { PersonKey } from '../../ledger/turn.ts';

export interface PersonParts {
  readonly enrichment: Enrichment | undefined;
  /** The customer, also where nothing was looked up: attributes that somebody set, a verification. */
  readonly participant: Participant | undefined;
  readonly body: RequestBody;
}

/**
 * By which keys the customer of this conversation can be found when they must be erased: those that
 * the sources were asked by, those that came with a request, and every address that the platform
 * has of them. The ledger keeps digests of them.
 */
export function personsOf({ enrichment, participant, body }: PersonParts): readonly PersonKey[] {
  const persons = new Map<string, PersonKey>();
  const add = (kind: PersonKey['kind'], value: string | undefined): void => {
    if (value === undefined || value.trim() === '') return;
    const name = kind === 'phone' ? `phone ${value.replace(/\D/g, '')}` : `customer ${value}`;
    if (!persons.has(name)) persons.set(name, { kind, value });
  };
  const addAddress = (address: string | undefined): void => {
    const number = address === undefined ? undefined : bareNumber(address);
    if (number === undefined) add('customer', address);
    else add('phone', number);
  };
  const { key, sourceKeys } = enrichment?.report ?? {};
  for (const asked of [key, ...Object.values(sourceKeys ?? {})]) {
    // A conversation's id is nobody's key.
    if (asked === undefined || asked.kind === 'conversationId') continue;
    add(asked.kind === 'phone' ? 'phone' : 'customer', asked.value);
  }
  for (const id of [body.externalId, body.email, body.externalContactId]) add('customer', id);
  for (const address of [body.phone, body.address]) addAddress(address);
  add('customer', participant?.externalContactId);
  for (const address of addressesOf(participant)) addAddress(address);
  return [...persons.values()];
}

function addressesOf(participant: Participant | undefined): readonly (string | undefined)[] {
  if (participant === undefined) return [];
  const { ani, address, communications } = participant;
  const legs = communications.flatMap((leg) => [leg.address, ...leg.callbackNumbers]);
  return [ani, address, ...legs];
}
