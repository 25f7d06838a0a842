/** Where a reference finds platform, CRM and its own port: all from the environment. */
export interface Surroundings {
  readonly platformPort: number;
  readonly crmUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiKey: string;
  /** A file for what has to last. */
  readonly journal: string;
  readonly port: number;
}

function read(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run this through npm run bench`);
  return value;
}

export function surroundings(): Surroundings {
  return {
    platformPort: Number(read('PLATFORM_PORT')),
    crmUrl: read('CRM_URL'),
    clientId: read('CLIENT_ID'),
    clientSecret: read('CLIENT_SECRET'),
    apiKey: read('API_KEY'),
    journal: read('JOURNAL'),
    port: Number(read('PORT')),
  };
}

/** Said once it takes requests. */
export function sayListening(url: string): void {
  process.stderr.write(`${JSON.stringify({ event: 'service.listening', url })}\n`);
}

export interface CrmRecord {
  readonly membership_tier: string;
  readonly last_call_date: string;
}

/** What all contenders write. */
export const attributesOf = (record: CrmRecord): Readonly<Record<string, string>> => ({
  'crm.tier': record.membership_tier,
  'crm.lastInteraction': record.last_call_date,
});

/** The part of a conversation that the caller's number and the participant to write to are read from. */
export interface ConversationBody {
  readonly participants: readonly {
    readonly id: string;
    readonly purpose: string;
    readonly calls?: readonly { readonly self?: { readonly addressNormalized?: string } }[];
  }[];
}

export interface Customer {
  readonly participantId: string;
  readonly phone: string;
}

export function customerOf({ participants }: ConversationBody): Customer {
  const customer = participants.find(({ purpose }) => purpose === 'customer');
  const address = customer?.calls?.[0]?.self?.addressNormalized;
  if (customer === undefined || address === undefined) throw new Error('no customer on this call');
  return { participantId: customer.id, phone: address.replace(/^tel:/, '') };
}
