import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../../src/emulator/world/seed.ts';
import { loadToE164, type ToE164 } from '../../src/enrich/customer/phone.ts';
import type { EnrichPlan } from '../../src/enrich/plan.ts';
import { genesysOptionsSchema, type GenesysConfig } from '../../src/genesys/options.ts';
import { defaultWriteConfig, type WriteConfig } from '../../src/writeback/options.ts';
import { createDigester, type Digester } from '../../src/writeback/proof/digest.ts';
import { aPlan } from '../fixtures/enrichment.ts';
import { SECRET_KEY } from './schedule.ts';

/** How Rapport is set up in every schedule. */
export const CLIENT: GenesysConfig = genesysOptionsSchema.parse({
  apiUrl: 'http://127.0.0.1:1',
  auth: {
    type: 'client-credentials',
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: DEFAULT_CLIENT_SECRET,
  },
});
export const WRITE: WriteConfig = {
  ...defaultWriteConfig(),
  onOverwrite: { byFlow: 'ours', byOthers: 'alert' },
};
export const PLAN: EnrichPlan = aPlan({
  attributes: {
    tier: { from: 'crm.tier' },
    note: { from: 'crm.note', class: 'personal' },
    wiped: { from: 'crm.wiped', class: 'personal', wipeAtEnd: true },
    [SECRET_KEY]: { from: `crm.${SECRET_KEY}`, class: 'secret' },
  },
});
export const DIGEST: Digester = createDigester('a secret of the installation');
export const TO_E164: ToE164 = await loadToE164();
