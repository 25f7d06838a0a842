import { z } from 'zod';
import type { AttributeClass } from '../domain/attributes.ts';
import { MAX_REQUEST_BYTES } from '../genesys/limits.ts';
import { keyPreferenceSchema } from '../lookup/options/key-options.ts';
import { ATTRIBUTE_TYPES, type AttributeType } from './mapping/canonical.ts';

/** How the customer is found in the sources. */
export interface CustomerOptions {
  readonly key: readonly string[];
  readonly defaultCountry?: string | undefined;
}

/** One attribute of the mapping, as configured. */
export interface AttributeOptions {
  readonly from: string;
  readonly default?: unknown;
  readonly type: AttributeType;
  readonly values?: readonly string[] | undefined;
  readonly class: AttributeClass;
  readonly wipeAtEnd: boolean;
  readonly onNotFound: 'skip' | 'default';
  readonly required: boolean;
}

/** What is done with the flow that reads the attributes. */
export interface FlowOptions {
  readonly id: string;
  readonly version?: string | undefined;
  readonly onMismatch: 'drop' | 'fail' | 'keep';
  readonly onUndeclared: 'write' | 'drop';
}

/** How many, how long, how large: what one participant is given. */
export interface LimitOptions {
  readonly maxKeys: number;
  readonly maxKeyLength: number;
  readonly maxValueLength: number;
  readonly maxBytes: number;
  readonly allowPrefixes: readonly string[];
}

/** The sources of a key, first to last, when nothing is configured. */
export const DEFAULT_KEYS: readonly string[] = [
  'externalId',
  'externalContact',
  'phone',
  'email',
  'messageAddress',
];

export const customerOptions: z.ZodType<CustomerOptions> = z.strictObject({
  key: keyPreferenceSchema
    .default(DEFAULT_KEYS)
    .describe(
      'Where the lookup key comes from; the first that yields a value is used: `externalId` (given with the request), `attribute:<key>`, `externalContact`, `phone` (E.164), `email`, `messageAddress`, `conversationId`, `expression:<JSONata>`. A source may have its own list.',
    ),
  defaultCountry: z
    .string()
    .regex(/^[A-Z]{2}$/, 'expected an ISO 3166-1 alpha-2 code such as DE')
    .optional()
    .describe(
      'Country (ISO 3166-1 alpha-2) of phone numbers that come without a country prefix. Without it such numbers give no key.',
    ),
});

const defaultValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.json()),
  z.record(z.string(), z.json()),
]);

export type AttributeInput = Pick<AttributeOptions, 'from'> & Partial<AttributeOptions>;

export const attributeOptions: z.ZodType<AttributeOptions> = z.strictObject({
  from: z
    .string()
    .min(1)
    .describe('JSONata expression over the sources by name, such as `crm.membership_tier`.'),
  default: defaultValue
    .optional()
    .describe('Written when the customer is known and the field is absent, null or empty.'),
  type: z
    .enum(ATTRIBUTE_TYPES)
    .default('auto')
    .describe(
      'What the value is. `auto` takes text, numbers and truth values as they are and objects as JSON.',
    ),
  values: z
    .array(z.string())
    .min(1)
    .readonly()
    .optional()
    .describe('The allowed values; for `type: enum`.'),
  class: z
    .enum(['public', 'personal', 'secret'])
    .default('public')
    .describe(
      'Who may see it. `personal` is masked outside its conversation; `secret` is never written as a plain attribute.',
    ),
  wipeAtEnd: z
    .boolean()
    .default(false)
    .describe('Whether the key is removed when the customer leaves.'),
  onNotFound: z
    .enum(['skip', 'default'])
    .default('skip')
    .describe(
      'For a customer whom the sources do not know: `default` writes the default, `skip` writes nothing.',
    ),
  required: z
    .boolean()
    .default(false)
    .describe(
      'A required key is the last to go when limits are exceeded, and its absence is reported.',
    ),
});

export const attributesOptions: z.ZodType<Readonly<Record<string, AttributeOptions>>> = z.record(
  z.string().min(1),
  attributeOptions,
);

export const limitOptions: z.ZodType<LimitOptions> = z.strictObject({
  maxKeys: z
    .int()
    .min(1)
    .max(500)
    .default(50)
    .describe('Most keys written to one participant. Bot flows read 50 (platform help, 2026-11).'),
  maxKeyLength: z.int().min(1).max(1000).default(128).describe('Longest key, in characters.'),
  maxValueLength: z
    .int()
    .min(1)
    .max(32_768)
    .default(4096)
    .describe(
      'Longest value, in characters. Bot flows read 256 (platform help, 2026-11); longer ones are named in the report.',
    ),
  maxBytes: z
    .int()
    .min(64)
    .max(MAX_REQUEST_BYTES)
    .default(32_768)
    .describe('Largest patch, in bytes of JSON. The platform takes 512000.'),
  allowPrefixes: z
    .array(z.string().min(1))
    .readonly()
    .default([])
    .describe(
      'Reserved prefixes that may be written all the same, such as `conversationDetails.`.',
    ),
});

export const flowOptions: z.ZodType<FlowOptions> = z.strictObject({
  id: z
    .string()
    .min(1)
    .describe('The Architect flow whose declared inputs the attributes are checked against.'),
  version: z
    .union([z.string().min(1), z.int().min(1).transform(String)])
    .optional()
    .describe('A version of the flow; without it the published one.'),
  onMismatch: z
    .enum(['drop', 'fail', 'keep'])
    .default('drop')
    .describe(
      'For a value that is not of the declared type: `drop` leaves the key out, `fail` writes nothing at all, `keep` writes it as it is.',
    ),
  onUndeclared: z
    .enum(['write', 'drop'])
    .default('write')
    .describe('For a key that the flow does not declare.'),
});

/**
 * The mapping when none is configured: the four attributes of a plain customer record from a source
 * named `crm`.
 */
export const DEFAULT_ATTRIBUTES: Readonly<Record<string, AttributeInput>> = {
  'crm.customerId': { from: 'crm.id' },
  'crm.tier': { from: 'crm.membership_tier', default: 'standard' },
  'crm.lastInteraction': { from: 'crm.last_call_date' },
  'crm.preferences': { from: 'crm.preferences', type: 'json', class: 'personal' },
};
