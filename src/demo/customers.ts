/** One record of the sample CRM, in the shape that its HTTP answers have. */
export interface CrmCustomer {
  readonly id: string;
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly membership_tier?: string;
  readonly last_call_date?: string;
  readonly preferences?: Readonly<Record<string, unknown>>;
}

/** The numbers 555-0100 to 555-0199 of any North American area are kept for fiction. */
export const CUSTOMERS: readonly CrmCustomer[] = [
  aCustomer(1, 'Maya Chen', 'gold', '2026-01-02', { language: 'en', channel: 'phone' }),
  aCustomer(2, 'Jonas Weber', 'silver', '2025-11-20', { language: 'de' }),
  aCustomer(3, 'Amara Okafor', 'platinum', '2026-01-04', { language: 'en', callback: true }),
  aCustomer(4, 'Lucía Fernández', undefined, '2025-12-12', { language: 'es' }),
  aCustomer(5, 'Kenji Sato', 'gold', '2025-10-01', { language: 'ja', newsletter: false }),
  aCustomer(6, 'Priya Nair', 'silver', undefined, { language: 'en' }),
  aCustomer(7, 'Tomás Oliveira', 'gold', '2025-12-30', { language: 'pt' }),
  aCustomer(8, 'Ingrid Larsen', undefined, '2025-09-14', { language: 'nb' }),
  aCustomer(9, 'Omar Haddad', 'platinum', '2026-01-03', { language: 'ar', channel: 'chat' }),
  aCustomer(10, 'Sofia Rossi', 'silver', '2025-08-22', { language: 'it' }),
  aCustomer(11, 'Daniel Kim', 'gold', '2025-12-01', { language: 'ko' }),
  aCustomer(12, 'Élodie Martin', 'silver', '2025-07-19', { language: 'fr' }),
  aCustomer(13, 'Piotr Nowak', undefined, '2025-11-05', { language: 'pl' }),
  aCustomer(14, 'Grace Mensah', 'gold', '2025-12-18', { language: 'en' }),
  aCustomer(15, 'Lars Jansen', 'silver', '2025-10-27', { language: 'nl' }),
  aCustomer(16, 'Noa Levi', 'platinum', '2026-01-01', { language: 'he' }),
  aCustomer(17, 'Elena Petrova', 'gold', '2025-12-22', { language: 'bg' }),
  aCustomer(18, 'William Brown', 'silver', '2025-06-30', { language: 'en' }),
  aCustomer(19, 'Chloé Dubois', 'gold', '2025-11-11', { language: 'fr' }),
  aCustomer(20, 'Ravi Patel', 'silver', '2025-12-08', { language: 'hi' }),
];

/** A number that no record has. */
export const UNKNOWN_PHONE = '+12125550199';

/** The record whose first lookup takes longer than anybody would wait. */
export const SLOW_ONCE: CrmCustomer = customer(18);

export function customer(number: number): CrmCustomer {
  const found = CUSTOMERS[number - 1];
  if (found === undefined) throw new RangeError(`there is no sample customer ${number}`);
  return found;
}

function aCustomer(
  number: number,
  name: string,
  tier: string | undefined,
  lastCall: string | undefined,
  preferences: Readonly<Record<string, unknown>>,
): CrmCustomer {
  const two = String(number).padStart(2, '0');
  const mailbox = name
    .normalize('NFD')
    .replaceAll(/[^A-Za-z ]/g, '')
    .toLowerCase()
    .replaceAll(' ', '.');
  return {
    id: `C-10${two}`,
    name,
    phone: `+121255501${two}`,
    email: `${mailbox}@example.com`,
    ...(tier === undefined ? {} : { membership_tier: tier }),
    ...(lastCall === undefined ? {} : { last_call_date: lastCall }),
    preferences,
  };
}
