import { canonicalize } from '../mapping/canonical.ts';
import type { Conversation, Participant } from '../../domain/conversation.ts';
import type { RequestBody } from '../../domain/request.ts';
import type { Expression } from '../expression/expression.ts';
import { MAX_KEY_LENGTH } from '../../lookup/key.ts';
import type { ToE164 } from './phone.ts';

/** One place where a key may come from, parsed from the configuration. */
export type KeySource =
  | { readonly kind: KnownKeySource }
  | { readonly kind: 'attribute'; readonly attribute: string }
  | { readonly kind: 'expression'; readonly expression: Expression };

export type KnownKeySource =
  | 'externalId'
  | 'externalContact'
  | 'phone'
  | 'email'
  | 'messageAddress'
  | 'conversationId';

/** What the sources are asked by, and what was tried on the way to it. */
export interface Identification {
  readonly key: string | undefined;
  /** `phone`, `attribute:crm.customerId`, `expression`, …; undefined when nothing gave a key. */
  readonly keyKind: string | undefined;
  readonly tried: readonly TriedKey[];
}

export interface TriedKey {
  readonly keyKind: string;
  readonly outcome: 'used' | 'absent' | 'unusable';
  readonly detail?: string | undefined;
}

export interface IdentifyInput {
  readonly conversation: Conversation;
  readonly participant: Participant;
  readonly request: Pick<RequestBody, 'externalId' | 'phone' | 'email'>;
}

/**
 * Finds the key by which the sources know the customer: the first configured place that yields one.
 * Phone metadata is asked for only when a phone number is.
 */
export async function identify(
  input: IdentifyInput,
  sources: readonly KeySource[],
  loadPhones: () => Promise<ToE164>,
): Promise<Identification> {
  const tried: TriedKey[] = [];
  for (const source of sources) {
    const keyKind = nameOf(source);
    const found = await read(source, input, loadPhones);
    if (typeof found === 'string' && found.length <= MAX_KEY_LENGTH) {
      tried.push({ keyKind, outcome: 'used' });
      return { key: found, keyKind, tried };
    }
    tried.push({ keyKind, ...(found === undefined ? ABSENT : unusable(found)) });
  }
  return { key: undefined, keyKind: undefined, tried };
}

interface Unusable {
  readonly problem: string;
}

const ABSENT = { outcome: 'absent' } as const;

function unusable(found: string | Unusable): Omit<TriedKey, 'keyKind'> {
  const detail =
    typeof found === 'string' ? `longer than ${MAX_KEY_LENGTH} characters` : found.problem;
  return { outcome: 'unusable', detail };
}

function nameOf(source: KeySource): string {
  return source.kind === 'attribute' ? `attribute:${source.attribute}` : source.kind;
}

async function read(
  source: KeySource,
  input: IdentifyInput,
  loadPhones: () => Promise<ToE164>,
): Promise<string | Unusable | undefined> {
  const { participant, request } = input;
  switch (source.kind) {
    case 'externalId':
      return filled(request.externalId);
    case 'attribute':
      return filled(participant.attributes.get(source.attribute));
    case 'externalContact':
      return filled(participant.externalContactId);
    case 'phone':
      return firstPhone(phoneAddresses(input), loadPhones);
    case 'email':
      return firstEmail([
        request.email,
        ...legAddresses(participant, 'email'),
        participant.address,
      ]);
    case 'messageAddress':
      return legAddresses(participant, 'message')
        .map(filled)
        .find((text) => text !== undefined);
    case 'conversationId':
      return filled(input.conversation.id);
    case 'expression':
      break;
  }
  return evaluateKey(source.expression, input);
}

function phoneAddresses({ participant, request }: IdentifyInput): readonly (string | undefined)[] {
  const legs = participant.communications;
  return [
    request.phone,
    ...legs.flatMap((leg) => leg.callbackNumbers),
    ...legAddresses(participant, 'voice'),
    ...legAddresses(participant, 'message'),
    participant.address,
    participant.ani,
  ];
}

function legAddresses(participant: Participant, media: string): readonly (string | undefined)[] {
  return participant.communications.filter((leg) => leg.media === media).map((leg) => leg.address);
}

async function firstPhone(
  addresses: readonly (string | undefined)[],
  loadPhones: () => Promise<ToE164>,
): Promise<string | Unusable | undefined> {
  const given = addresses.flatMap((address) => filled(address) ?? []);
  if (given.length === 0) return undefined;
  const toE164 = await loadPhones();
  for (const address of given) {
    const number = toE164(address);
    if (number !== undefined) return number;
  }
  return { problem: 'no address is a phone number with a country (see customer.defaultCountry)' };
}

/** An address of RFC 5321 in practice: one @, no white space, a host with a dot. */
const EMAIL = /^(?:mailto:)?([^\s@<>"]{1,64}@[^\s@<>"]{1,190}\.[^\s@<>".]{2,63})$/i;

function firstEmail(addresses: readonly (string | undefined)[]): string | undefined {
  for (const address of addresses) {
    const email = EMAIL.exec(address?.trim() ?? '')?.[1];
    // A SIP address has the same form without its scheme, but never comes without it.
    if (email !== undefined && !/^sips?:/i.test(email)) return email.toLowerCase();
  }
  return undefined;
}

async function evaluateKey(
  expression: Expression,
  { conversation, participant, request }: IdentifyInput,
): Promise<string | Unusable | undefined> {
  const { attributes, ...rest } = participant;
  const result = await expression.evaluate(
    {
      conversation: { id: conversation.id },
      participant: { ...rest, attributes: Object.fromEntries(attributes) },
      request,
    },
    {},
  );
  if (result.kind === 'failed') return { problem: result.message };
  if (result.value === undefined || result.value === null) return undefined;
  const text = canonicalize(result.value, { type: 'string' });
  return text.kind === 'text' ? filled(text.text) : { problem: `gave ${text.actual}, not text` };
}

function filled(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? undefined : trimmed;
}
