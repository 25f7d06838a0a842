import { z } from 'zod';
import {
  attributesOptions,
  customerOptions,
  flowOptions,
  limitOptions,
  type AttributeOptions,
  type CustomerOptions,
  type FlowOptions,
  type LimitOptions,
} from '../enrich/options.ts';
import { casesOptions, type CaseOptions } from '../enrich/cases/case-options.ts';
import { genesysOptionsSchema, type GenesysConfig } from '../genesys/options.ts';
import { sourcesSchema, type SourceOptions } from '../lookup/options.ts';
import { accessOptions, type AccessOptions } from '../access/options.ts';
import { listenOptions, type ListenOptions } from '../intake/options.ts';
import {
  maxWaitingOption,
  retentionOptions,
  storeOption,
  type RetentionOptions,
} from '../ledger/options.ts';
import { writeOptionsSchema, type WriteConfig } from '../writeback/options.ts';
import {
  destinationOptionsSchema,
  type DestinationOptions,
  webhooksOption,
} from '../delivery/options.ts';
import { serviceOptions, type ServiceOptions } from './section-options.ts';

/** The whole configuration, every default filled in. */
export interface RapportConfig {
  readonly genesys: GenesysConfig;
  readonly listen: ListenOptions;
  readonly customer: CustomerOptions;
  readonly sources: Readonly<Record<string, SourceOptions>>;
  readonly attributes: Readonly<Record<string, AttributeOptions>>;
  readonly attributePrefix: string;
  readonly statusKey?: string | undefined;
  readonly limits: LimitOptions;
  readonly flow?: FlowOptions | undefined;
  readonly write: WriteConfig;
  readonly analytics?: DestinationOptions | undefined;
  readonly webhooks: Readonly<Record<string, DestinationOptions>>;
  readonly store: string;
  readonly maxWaiting: number;
  readonly retention: RetentionOptions;
  readonly access: AccessOptions;
  readonly service: ServiceOptions;
  readonly tests: readonly CaseOptions[];
}

/** Each section is the schema of the room that uses it; this file only puts them side by side. */
export const configSchema: z.ZodType<RapportConfig> = z
  .strictObject({
    genesys: genesysOptionsSchema.describe('How the platform is reached and signed in to.'),
    listen: listenOptions.prefault({}).describe('What starts an enrichment.'),
    customer: customerOptions.prefault({}).describe('How the sources are asked for the customer.'),
    sources: sourcesSchema.default({}),
    attributes: attributesOptions
      .default({})
      .describe(
        'The mapping: one attribute per key, in the order of importance. When limits are exceeded, the last go first.',
      ),
    attributePrefix: z
      .string()
      .max(64)
      .default('')
      .describe('Put before every key of the mapping, such as `rapport.`.'),
    statusKey: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A key that tells flows how the lookup went: `found`, `stale`, `not-found` or `failed`. Without it, none is written.',
      ),
    limits: limitOptions.prefault({}).describe('How much one participant is given.'),
    flow: flowOptions
      .optional()
      .describe('The flow whose declared inputs the attributes are checked against.'),
    write: writeOptionsSchema
      .prefault({})
      .describe('How attributes are written, proved and guarded.'),
    analytics: destinationOptionsSchema.optional().describe('Where outcomes are sent.'),
    webhooks: webhooksOption.default({}),
    store: storeOption,
    maxWaiting: maxWaitingOption,
    retention: retentionOptions.describe('How long each kind of row is kept.'),
    access: accessOptions.prefault({}).describe('Who may call the service.'),
    service: serviceOptions.prefault({}).describe('The service itself.'),
    tests: casesOptions.default([]).describe('Cases for `rapport test`.'),
  })
  .meta({ title: 'Rapport configuration' });
