import type { Enrichment } from '../../enrich/enrichment.ts';
import { bareNumber } from '../../enrich/phone.ts';
import type { PersonKey } from '../../ledger/turn.ts';

/**
 * By which keys the customer of this conversation can be found when they must be erased: the key
 * that the sources were asked by, and the number they called from. The ledger keeps digests of them.
 */
export function personsOf(enrichment: Enrichment | undefined): readonly PersonKey[] {
  const { kind, value } = enrichment?.report.key ?? {};
  const persons: PersonKey[] = [];
  if (value !== undefined) persons.push({ kind: kind === 'phone' ? 'phone' : 'customer', value });
  const address = enrichment?.participant?.ani ?? enrichment?.participant?.address;
  const number = address === undefined ? undefined : bareNumber(address);
  if (number !== undefined && number !== value) persons.push({ kind: 'phone', value: number });
  return persons;
}
