import { configSchema, type RapportConfig } from '../config/schema.ts';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, type Emulator } from '../emulator/index.ts';
import { DEFAULT_ATTRIBUTES } from '../enrich/options.ts';
import type { SampleCrm } from './sample-crm.ts';

export interface DemoPlaces {
  readonly emulator: Emulator;
  readonly crm: SampleCrm;
  readonly store: string;
}

/** How long the service waits for the sample CRM, in milliseconds. */
const CRM_TIMEOUT_MS = 800;

/** What a user would write into `rapport.yaml`, for the places of this demo. */
export function demoConfig({ emulator, crm, store }: DemoPlaces): RapportConfig {
  return configSchema.parse({
    genesys: {
      apiUrl: emulator.apiUrl,
      loginUrl: emulator.loginUrl,
      auth: {
        type: 'client-credentials',
        clientId: DEFAULT_CLIENT_ID,
        clientSecret: DEFAULT_CLIENT_SECRET,
      },
    },
    listen: { queues: ['Support', 'Sales'] },
    sources: {
      crm: {
        type: 'http',
        url: crm.urlTemplate,
        auth: { type: 'bearer', token: crm.token },
        timeoutMs: CRM_TIMEOUT_MS,
        retry: { retries: 0 },
      },
    },
    attributes: DEFAULT_ATTRIBUTES,
    store,
    service: { port: 0 },
  });
}
