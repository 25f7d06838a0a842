import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../../../src/emulator/index.ts';
import { API_KEY, spawnService, type Contender, type StartOptions } from './contender.ts';

/** The program as it is installed, not its sources. */
export const rapport: Contender = rapportAt(new URL('../../../dist/cli/main.js', import.meta.url));

/** The real `rapport serve`, with everything at its default: durable, audited, proved. */
export function rapportAt(url: URL): Contender {
  const main = fileURLToPath(url);
  return {
    name: 'rapport serve',
    promise: 'durable, audited, proved',
    async start(options) {
      if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);
      const file = join(options.folder, 'rapport.json');
      await writeFile(file, JSON.stringify(configFor(options)));
      const env = { SECRET: DEFAULT_CLIENT_SECRET, KEY: API_KEY };
      return spawnService([main, 'serve', '--config', file, '--json'], env);
    },
    kept,
  };
}

/** Counted in the ledger itself: outcomes, rows of the audit, and what was proved of the keys. */
function kept(folder: string): string {
  const ledger = new DatabaseSync(ledgerIn(folder), { readOnly: true });
  const count = (query: string): number => Number(ledger.prepare(query).get()?.['n']);
  const outcomes = count('select count(*) as n from outcome');
  const audited = count('select count(*) as n from audit');
  const keys = count('select count(*) as n from attribute');
  const visible = count("select count(*) as n from attribute where state = 'visible'");
  ledger.close();
  return `${outcomes} outcomes, ${audited} rows of audit, ${visible} of ${keys} keys visible`;
}

const ledgerIn = (folder: string): string => join(folder, 'ledger.db');

const configFor = ({ world, folder, port = 0 }: StartOptions): object => ({
  genesys: {
    apiUrl: world.apiUrl,
    auth: {
      type: 'client-credentials',
      clientId: DEFAULT_CLIENT_ID,
      clientSecret: '${SECRET}',
    },
  },
  sources: { crm: { type: 'http', url: world.crmUrl } },
  attributes: {
    'crm.tier': { from: 'crm.membership_tier' },
    'crm.lastInteraction': { from: 'crm.last_call_date' },
  },
  store: `sqlite:${ledgerIn(folder)}`,
  service: { port, apiKey: '${KEY}' },
});
