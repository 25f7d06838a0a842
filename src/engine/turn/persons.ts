import type { Enrichment } from '../../enrich/enrichment.ts';
import { bareNumber } from '../../enrich/customer/phone.ts';
import type { PersonKey } from '../../ledger/turn.ts';

/**
 * By which keys the customer of this conversation can be found when they must be erased: the keys
 * that the sources were asked by, and the number they called from. The ledger keeps digests of them.
 */
export function personsOf(enrichment: Enrichment | undefined): readonly PersonKey[] {
  if (enrichment === undefined) return [];
  const { key, sourceKeys } = enrichment.report;
  const persons = new Map<string, PersonKey>();
  for (const { kind, value } of [key, ...Object.values(sourceKeys)]) {
    // A conversation's id is nobody's key.
    if (value === undefined || kind === 'conversationId' || persons.has(value)) continue;
    persons.set(value, { kind: kind === 'phone' ? 'phone' : 'customer', value });
  }
  const address = enrichment.participant?.ani ?? enrichment.participant?.address;
  const number = address === undefined ? undefined : bareNumber(address);
  if (number !== undefined && !persons.has(number)) {
    persons.set(number, { kind: 'phone', value: number });
  }
  return [...persons.values()];
}
