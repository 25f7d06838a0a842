import {
  attributeOptions,
  customerOptions,
  DEFAULT_ATTRIBUTES,
  limitOptions,
} from '../enrich/options.ts';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, type Emulator } from '../emulator/index.ts';
import { genesysOptionsSchema } from '../genesys/options.ts';
import { sourceOptionsSchema } from '../lookup/options.ts';
import type { ServiceSettings } from '../service/settings.ts';
import { writeOptionsSchema } from '../writeback/options.ts';
import type { SampleCrm } from './sample-crm.ts';

export interface DemoPlaces {
  readonly emulator: Emulator;
  readonly crm: SampleCrm;
  readonly store: string;
}

/** How long the service waits for the sample CRM, in milliseconds. */
const CRM_TIMEOUT_MS = 800;

/** What a user would write into the configuration, for the places of this demo. */
export function demoSettings({ emulator, crm, store }: DemoPlaces): ServiceSettings {
  return {
    genesys: genesysOptionsSchema.parse({
      apiUrl: emulator.apiUrl,
      loginUrl: emulator.loginUrl,
      auth: {
        type: 'client-credentials',
        clientId: DEFAULT_CLIENT_ID,
        clientSecret: DEFAULT_CLIENT_SECRET,
      },
    }),
    listen: { queues: ['Support', 'Sales'] },
    enrich: {
      customer: customerOptions.parse({ defaultCountry: 'US' }),
      sources: ['crm'],
      attributes: Object.fromEntries(
        Object.entries(DEFAULT_ATTRIBUTES).map(([key, input]) => [
          key,
          attributeOptions.parse(input),
        ]),
      ),
      limits: limitOptions.parse({}),
    },
    sources: {
      crm: sourceOptionsSchema.parse({
        type: 'http',
        url: crm.urlTemplate,
        auth: { type: 'bearer', token: crm.token },
        timeoutMs: CRM_TIMEOUT_MS,
        retry: { retries: 0 },
      }),
    },
    write: writeOptionsSchema.parse({}),
    store,
    http: { host: '127.0.0.1', port: 0, apiKey: undefined },
  };
}
