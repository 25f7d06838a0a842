import { ownCopy } from './own-copy.ts';
import { RapportError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One customer contact from start to end, over any media. */
export type ConversationId = Branded<'ConversationId'>;
/** One party's part in one conversation. The same person has another one in the next conversation. */
export type ParticipantId = Branded<'ParticipantId'>;
/** One request to enrich a conversation, as acknowledged to whoever asked. */
export type EnrichmentId = Branded<'EnrichmentId'>;
/** One thread through logs, outcome, webhook and audit. */
export type TraceId = Branded<'TraceId'>;

/** Ids that travel in URLs and file names: printable, no separators, at most 128 characters. */
const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

function parseId<Id extends string>(kind: string, value: unknown): Id {
  if (typeof value === 'string' && ID_PATTERN.test(value)) return ownCopy(value) as Id;
  throw new RapportError({
    code: 'ERR_INVALID_ID',
    message: `${kind} must be 1 to 128 characters from A-Z a-z 0-9 . _ : - and start with a letter or digit, got ${describe(value)}`,
    nextStep: `Copy the ${kind} from the conversation's page or from an event; the platform uses UUIDs.`,
    details: { kind },
  });
}

function describe(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  return value.length > 40 ? `${value.length} characters` : JSON.stringify(value);
}

/** @throws {RapportError} `ERR_INVALID_ID` */
export const parseConversationId = (value: unknown): ConversationId =>
  parseId('conversation id', value);
/** @throws {RapportError} `ERR_INVALID_ID` */
export const parseParticipantId = (value: unknown): ParticipantId =>
  parseId('participant id', value);
/** @throws {RapportError} `ERR_INVALID_ID` */
export const parseEnrichmentId = (value: unknown): EnrichmentId => parseId('enrichment id', value);
/** @throws {RapportError} `ERR_INVALID_ID` */
export const parseTraceId = (value: unknown): TraceId => parseId('trace id', value);
