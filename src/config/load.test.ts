import { describe, expect, it } from 'vitest';
import { explainConfig } from './explain.ts';
import { secretsOf } from './secrets.ts';
import { loadConfig, type FileReader, type LoadedConfig, type LoadOptions } from './load.ts';
import { toProblems } from './issues.ts';
import { ConfigError, formatProblem } from './problems.ts';

const SAMPLE = `
genesys:
  region: mypurecloud.com
  auth: { type: client-credentials, clientId: \${GENESYS_CLIENT_ID}, clientSecret: \${GENESYS_CLIENT_SECRET} }
listen:
  queues: [Support, Sales]
  webhook: { secret: \${RAPPORT_WEBHOOK_SECRET} }
customer:
  key: [externalId, attribute:crm.customerId, externalContact, phone, email]
sources:
  crm:
    type: http
    url: https://crm.example/v1/customers/{key}
    headers: { authorization: Bearer \${CRM_TOKEN} }
    timeoutMs: 800
    cache: { freshMs: 300000, staleMs: 3600000, max: 10000 }
attributes:
  crm.customerId:      { from: crm.id }
  crm.tier:            { from: crm.membership_tier, default: standard }
  crm.lastInteraction: { from: crm.last_call_date, type: date }
  crm.preferences:     { from: crm.preferences, type: json, class: personal, wipeAtEnd: true }
flow: { id: \${GENESYS_FLOW_ID}, onMismatch: drop }
write: { profile: attributes, onOverwrite: { byFlow: ours, byOthers: alert } }
analytics: { url: https://bi.example/hook, secret: \${ANALYTICS_SECRET} }
store: sqlite:./rapport.db
tests:
  - name: a gold customer
    given: { phone: "+15551230001", crm: { id: C1, membership_tier: gold } }
    expect: { crm.tier: gold }
`;

const ENV = {
  GENESYS_CLIENT_ID: 'client-1',
  GENESYS_CLIENT_SECRET: 'client-secret-1',
  RAPPORT_WEBHOOK_SECRET: 'd2ViaG9vay1zZWNyZXQtb2YtMjQtYnl0ZXM=',
  CRM_TOKEN: 'crm-token-1',
  GENESYS_FLOW_ID: 'flow-1',
  ANALYTICS_SECRET: 'analytics-secret',
};

function inFolder(files: Readonly<Record<string, string>>): FileReader {
  return {
    exists: (path) => files[path] !== undefined,
    read: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return text;
    },
  };
}

const withKey = (key: string): string =>
  SAMPLE.replace('timeoutMs: 800', `timeoutMs: 800\n    key: ${key}`);

/** With another source in the place of the web service. */
const withSource = (source: string): string =>
  SAMPLE.replace(/ {2}crm:\n(?: {4}.*\n)+/, `  crm: ${source}\n`);

function load(
  yaml: string | undefined,
  env: LoadOptions['env'] = ENV,
  more: Partial<LoadOptions> & { readonly others?: Readonly<Record<string, string>> } = {},
): LoadedConfig {
  const files = inFolder({
    ...(yaml !== undefined && { '/app/rapport.yaml': yaml }),
    ...more.others,
  });
  return loadConfig({ cwd: '/app', env, files, ...more });
}

function problemsOf(...parameters: Parameters<typeof load>): readonly string[] {
  try {
    load(...parameters);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}

describe('loadConfig for a mapping alone', () => {
  it('needs neither the platform nor a variable that only the service uses', () => {
    const { config } = load(SAMPLE, { CRM_TOKEN: 'crm-token-1' }, { use: 'mapping' });
    expect(config.attributes['crm.tier']).toMatchObject({ default: 'standard' });
    expect(config.tests).toHaveLength(1);
    const bare =
      'attributes: { tier: { from: crm.tier } }\nsources: { crm: { type: static, values: {} } }\n';
    expect(problemsOf(bare, {}, { use: 'mapping' })).toEqual([]);
  });

  it('still tells what is wrong with the mapping, and a section that is none', () => {
    const wrong = `${SAMPLE}\nstatuskey: x\n`.replace('crm.membership_tier', 'erp.tier');
    expect(problemsOf(wrong, { CRM_TOKEN: 'crm-token-1' }, { use: 'mapping' })).toEqual([
      expect.stringContaining('attributes["crm.tier"].from'),
      expect.stringContaining('did you mean statusKey?'),
    ]);
  });
});

describe('loadConfig from a file', () => {
  it('reads the documented configuration with its references', () => {
    const { config } = load(SAMPLE);
    expect(config.genesys.auth).toEqual({
      type: 'client-credentials',
      clientId: 'client-1',
      clientSecret: 'client-secret-1',
    });
    expect(config.sources['crm']).toMatchObject({
      headers: { authorization: 'Bearer crm-token-1' },
      timeoutMs: 800,
    });
    expect(Object.keys(config.attributes)).toEqual([
      'crm.customerId',
      'crm.tier',
      'crm.lastInteraction',
      'crm.preferences',
    ]);
    expect(config.flow).toEqual({ id: 'flow-1', onMismatch: 'drop', onUndeclared: 'write' });
  });

  it('reports every problem at once, each with place, path, expected, found and what was meant', () => {
    const broken = SAMPLE.replace('from: crm.id', 'form: crm.id')
      .replace('type: date', 'type: dat')
      .replace('timeoutMs: 800', 'timeoutMs: fast')
      .replace('onMismatch: drop', 'onMismatch: droop')
      .replace('store: sqlite:./rapport.db', 'store: mongodb://x')
      .replace('listen:', 'lisen:');
    expect(problemsOf(broken)).toEqual([
      '6:3 lisen: expected a known option, found an unknown one; did you mean listen?',
      '15:16 sources.crm.timeoutMs: expected a number, found "fast"',
      '18:24 attributes["crm.customerId"].from: expected text, found nothing',
      '18:32 attributes["crm.customerId"].form: expected a known option, found an unknown one; did you mean from?',
      expect.stringMatching(
        /^20:\d+ attributes\["crm\.lastInteraction"\]\.type: expected one of auto, .*, found "dat"; did you mean date\?$/,
      ),
      '22:45 flow.onMismatch: expected one of drop, fail, keep, found "droop"; did you mean drop?',
      '25:8 store: expected sqlite:<path> for one instance, or postgres://… for several, found "mongodb://x"',
    ]);
  });

  it('lets a rule that looks at several options say itself what it found', () => {
    const both = '{ type: http, url: https://crm.example, method: POST, body: {}, form: {} }';
    expect(problemsOf(withSource(both))).toEqual([
      expect.stringMatching(/sources\.crm\.form: expected either body or form, found both$/),
    ]);
  });

  it('says all that a rule found, commas and all', () => {
    const message = 'expected x, found y, found z';
    const context = { schema: {}, value: {}, isFromOutside: () => false };
    expect(toProblems([{ code: 'custom', path: ['a'], message }], context)).toEqual([
      { path: ['a'], expected: 'x', found: 'y, found z' },
    ]);
  });

  it('says once of each place what makes the file no YAML', () => {
    const [first, ...more] = problemsOf(`sources: ${'['.repeat(300)}`);
    expect(first).toMatch(/^1:310 expected valid YAML, found Flow sequence in block collection/);
    expect(more).toEqual([]);
  });

  it('lists a hundred problems, and says how many more there are', () => {
    const lines = Array.from({ length: 150 }, (_, i) => `x${i}: 1`);
    const { message } = new ConfigError(
      lines.map((line) => ({ path: [], expected: line })),
      'rapport.yaml',
    );
    expect(message.split('\n').slice(0, 2)).toEqual(['rapport.yaml: 150 problems', '  x0: 1']);
    expect(message.split('\n').slice(-2)).toEqual(['  x99: 1', '  … and 50 more']);
  });

  it('offers an option of the source’s own type, not of another one’s', () => {
    expect(problemsOf(withSource('{ type: static, value: {} }')).at(-1)).toContain('mean values?');
    expect(problemsOf(withSource('{ type: csv, file: a.csv, keyColumn: id, url: x }'))).toEqual([
      expect.stringMatching(/crm\.url: expected one of type, file, .*, found an unknown one$/),
    ]);
  });

  it('checks the key preferences of a source as those of the customer', () => {
    expect(load(withKey('[phone]')).config.sources['crm']?.key).toEqual(['phone']);
    expect(problemsOf(withKey('[phnoe]'))).toEqual([
      expect.stringMatching(
        /^16:\d+ sources\.crm\.key\[0\]: expected externalId, .* or expression:<JSONata>, found "phnoe"$/,
      ),
    ]);
    expect(problemsOf(withKey('["expression:a["]'))).toEqual([
      expect.stringMatching(
        /^16:\d+ sources\.crm\.key\[0\]: expression "a\[": Expected .* before end of expression/,
      ),
    ]);
  });

  it('names line and column of YAML that does not parse', () => {
    expect(problemsOf('genesys:\n  region: [a\nlisten: {}\n')).toEqual([
      expect.stringMatching(/^3:1 expected valid YAML, found Flow sequence/),
    ]);
    expect(problemsOf('store: a\nstore: b\n')).toEqual([
      expect.stringMatching(/^2:1 expected valid YAML, found Map keys must be unique/),
    ]);
  });

  it('says of a bound whether it is among what is taken, and says once what was found', () => {
    const wrong = SAMPLE.replace('https://crm.example', 'ftp://crm.example');
    expect(problemsOf(`${wrong}\nretention: { feedHours: 0 }\nservice: { port: 99999 }\n`)).toEqual(
      [
        expect.stringMatching(/sources\.crm\.url: expected https: or http:, found ftp:$/),
        expect.stringMatching(/retention\.feedHours: expected above 0, found 0$/),
        expect.stringMatching(/service\.port: expected at most 65535, found 99999$/),
      ],
    );
  });

  it('names every variable that is missing, with the path that needs it', () => {
    expect(problemsOf(SAMPLE, { ...ENV, CRM_TOKEN: '', GENESYS_CLIENT_ID: undefined })).toEqual([
      '4:47 genesys.auth.clientId: the environment variable GENESYS_CLIENT_ID is not set',
      '14:31 sources.crm.headers.authorization: the environment variable CRM_TOKEN is not set',
    ]);
  });

  it('refuses secrets that are written out, and never repeats them', () => {
    const written = SAMPLE.replace('${GENESYS_CLIENT_SECRET}', 'hunter2').replace(
      'Bearer ${CRM_TOKEN}',
      'Bearer s3cr3t',
    );
    const problems = problemsOf(written);
    expect(problems).toEqual([
      '4:83 genesys.auth.clientSecret: expected a reference such as ${CLIENT_SECRET} or ${file:/run/secrets/…}, found a secret written out',
      '14:31 sources.crm.headers.authorization: expected a reference such as ${AUTHORIZATION} or ${file:/run/secrets/…}, found a secret written out',
    ]);
    expect(problems.join()).not.toMatch(/hunter2|s3cr3t/);
  });

  it('refuses secrets in lists and in headers of any section', () => {
    const written = SAMPLE.replace(
      'secret: ${ANALYTICS_SECRET} }',
      'secret: [${ANALYTICS_SECRET}, hunter2], headers: { authorization: Bearer s3cr3t } }',
    );
    expect(problemsOf(written).map((problem) => problem.split(':')[2])).toEqual([
      ' expected a reference such as ${SECRET} or ${file',
      ' expected a reference such as ${AUTHORIZATION} or ${file',
    ]);
  });

  it('reads secrets from files', () => {
    const yaml = SAMPLE.replace('${CRM_TOKEN}', '${file:/run/secrets/crm}');
    const { config } = load(yaml, ENV, { others: { '/run/secrets/crm': 'from-file\n' } });
    expect(config.sources['crm']).toMatchObject({ headers: { authorization: 'Bearer from-file' } });
    expect(problemsOf(yaml)).toEqual([
      '14:31 sources.crm.headers.authorization: expected a readable file /run/secrets/crm, found ENOENT',
    ]);
  });

  it('never lets the value of a variable change the structure', () => {
    const { config } = load(SAMPLE, {
      ...ENV,
      GENESYS_FLOW_ID: 'x, onMismatch: fail }\nstore: postgres://evil',
    });
    expect(config.flow).toMatchObject({
      id: 'x, onMismatch: fail }\nstore: postgres://evil',
      onMismatch: 'drop',
    });
  });

  it('takes numbers from variables, and keeps digits text where text is wanted', () => {
    const yaml = `${SAMPLE}service: { port: \${PORT} }\n`;
    const { config } = load(yaml, { ...ENV, PORT: '9090', GENESYS_CLIENT_ID: '12345' });
    expect(config.service.port).toBe(9090);
    expect(config.genesys.auth).toMatchObject({ clientId: '12345' });
  });

  it('keeps a plain ${ where it is doubled', () => {
    const yaml = SAMPLE.replace('default: standard', 'default: "$${not a reference}"');
    expect(load(yaml).config.attributes['crm.tier']?.default).toBe('${not a reference}');
  });

  it('finds what only the mapping as a whole tells, even beside other problems', () => {
    const broken = SAMPLE.replace('from: crm.id', 'from: cmr.id')
      .replace('from: crm.preferences', 'from: "$match(crm.x, /a+/)"')
      .replace(
        '{ from: crm.membership_tier, default: standard }',
        '{ from: crm.tier, type: integer, default: many }',
      )
      .replace('crm.lastInteraction:', 'ivr.lastInteraction:')
      .replace('store: sqlite:./rapport.db', 'store: nowhere');
    expect(problemsOf(broken)).toEqual([
      '18:32 attributes["crm.customerId"].from: reads cmr, which is no source; did you mean crm?',
      '19:66 attributes["crm.tier"].default: expected a whole number in digits (type integer), found string',
      '20:24 attributes["ivr.lastInteraction"]: key "ivr.lastInteraction" is refused: ivr. belongs to the platform',
      '21:32 attributes["crm.preferences"].from: expression "$match(crm.x, /a+/)": regular expressions are refused, since one can hang the process at character 18',
      '25:8 store: expected sqlite:<path> for one instance, or postgres://… for several, found "nowhere"',
    ]);
  });

  it('says what is wrong with a file that can not be read', () => {
    expect(problemsOf(undefined, ENV, { file: 'other.yaml' })).toEqual(['there is no such file']);
  });

  it('lets variables fill in the service’s options that the file leaves open, and no more', () => {
    const env = {
      ...ENV,
      RAPPORT_PORT: '7001',
      RAPPORT_STORE: 'postgres://elsewhere',
      GENESYS_ENVIRONMENT: 'mypurecloud.de',
    };
    const { config } = load(SAMPLE, env);
    expect([config.service.port, config.store, config.genesys.region]).toEqual([
      7001,
      'sqlite:./rapport.db',
      'mypurecloud.com',
    ]);
  });

  it('says so where an entry has the one name that none can have', () => {
    const yaml = `${['sources', 'attributes', 'webhooks'].map((name) => `${name}: { __proto__: {} }`).join('\n')}\n`;
    expect(problemsOf(yaml)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('sources.__proto__: expected another name'),
        expect.stringContaining('attributes.__proto__: expected another name'),
        expect.stringContaining('webhooks.__proto__: expected another name'),
      ]),
    );
  });

  it.for([
    '',
    '# nothing yet\n',
    '- a\n',
    'just text\n',
    '&a [*a]',
    'a: &x [1]\nb: *x\n',
    '__proto__: { a: 1 }\n',
  ])('answers the hostile file %j with problems, not with a crash', (yaml) => {
    expect(problemsOf(yaml).length).toBeGreaterThan(0);
  });
});

describe('loadConfig from the environment alone', () => {
  it('document 002: the variables of its script are enough', () => {
    const { config, targets } = load(undefined, {
      GENESYS_CLIENT_ID: 'id',
      GENESYS_CLIENT_SECRET: 'secret',
      GENESYS_FLOW_ID: 'flow-1',
      CONVERSATION_IDS: 'c1, c2,c1',
      CRM_API_ENDPOINT: 'https://crm.example/customers',
      ANALYTICS_WEBHOOK_URL: 'https://bi.example/hook',
    });
    expect(config.genesys).toMatchObject({
      region: 'mypurecloud.com',
      auth: { type: 'client-credentials' },
    });
    expect(config.sources['crm']).toMatchObject({
      type: 'http',
      url: 'https://crm.example/customers',
    });
    expect(Object.keys(config.attributes)).toEqual([
      'crm.customerId',
      'crm.tier',
      'crm.lastInteraction',
      'crm.preferences',
    ]);
    expect([config.flow?.id, config.analytics?.url]).toEqual(['flow-1', 'https://bi.example/hook']);
    expect(targets).toEqual({ conversationIds: ['c1', 'c2'], participantId: undefined });
  });

  it('document 000: a private key and the test ids are enough', () => {
    const { config, targets } = load(undefined, {
      GENESYS_CLIENT_ID: 'id',
      GENESYS_PRIVATE_KEY_PATH: '/keys/rapport.pem',
      TEST_CONVERSATION_ID: 'c1',
      TEST_PARTICIPANT_ID: 'p1',
    });
    expect(config.genesys.auth).toMatchObject({
      type: 'jwt-bearer',
      privateKeyPath: '/keys/rapport.pem',
    });
    expect(targets).toEqual({ conversationIds: ['c1'], participantId: 'p1' });
  });

  it('document 003: a user’s name and password are a sign-in of their own', () => {
    const env = {
      GENESYS_CLIENT_ID: 'id',
      GENESYS_USERNAME: 'ada@example.com',
      GENESYS_PASSWORD: 'pw',
      GENESYS_SCOPE: 'conversations',
    };
    expect(load(undefined, env).config.genesys.auth).toEqual({
      type: 'password',
      clientId: 'id',
      username: 'ada@example.com',
      password: 'pw',
      scope: 'conversations',
    });
  });

  it('lists all missing variables at once, by name', () => {
    expect(problemsOf(undefined, {})).toEqual([
      'GENESYS_CLIENT_ID: not set',
      'GENESYS_CLIENT_SECRET: not set',
    ]);
  });

  it('reads a .env file, which never overrides a variable that is set', () => {
    const others = {
      '/app/.env':
        'GENESYS_CLIENT_ID=from-file\nGENESYS_CLIENT_SECRET="from file"\nRAPPORT_PORT=9000\n',
    };
    const { config } = load(undefined, { GENESYS_CLIENT_ID: 'from-shell' }, { others });
    expect(config.genesys.auth).toMatchObject({
      clientId: 'from-shell',
      clientSecret: 'from file',
    });
    expect(config.service.port).toBe(9000);
  });

  it('sends the CRM token as bearer, and listens to the queues that are named', () => {
    const { config } = load(undefined, {
      GENESYS_CLIENT_ID: 'id',
      GENESYS_CLIENT_SECRET: 'secret',
      CRM_API_ENDPOINT: 'http://127.0.0.1:9/c/{key}',
      CRM_API_TOKEN: 'crm-token',
      GENESYS_QUEUE_ID: 'q1,q2',
    });
    expect(config.sources['crm']).toMatchObject({ auth: { type: 'bearer', token: 'crm-token' } });
    expect(config.listen.queues).toEqual(['q1', 'q2']);
  });

  it('names the variable whose value is refused, and does not show it', () => {
    const env = {
      GENESYS_CLIENT_ID: 'id',
      GENESYS_CLIENT_SECRET: 'secret',
      RAPPORT_PORT: 'eighty',
      RAPPORT_API_KEY: 'short',
    };
    expect(problemsOf(undefined, env)).toEqual([
      'RAPPORT_PORT: expected a number, found text of 6 characters',
      'RAPPORT_API_KEY: expected at least 16 characters, found text of 5 characters',
    ]);
  });
});

describe('explainConfig', () => {
  it('names the variable that a whole list came from', () => {
    const env = {
      GENESYS_CLIENT_ID: 'id',
      GENESYS_CLIENT_SECRET: 'secret',
      GENESYS_QUEUE_ID: 'Support,Sales',
    };
    const options = explainConfig(loadConfig({ cwd: '/nowhere', env }));
    expect(options.filter(({ path }) => path.startsWith('listen.queues'))).toEqual([
      { path: 'listen.queues[0]', value: '"Support"', origin: 'GENESYS_QUEUE_ID' },
      { path: 'listen.queues[1]', value: '"Sales"', origin: 'GENESYS_QUEUE_ID' },
    ]);
  });

  it('lists every option in force with its origin, and masks secrets', () => {
    const loaded = load(SAMPLE, { ...ENV, RAPPORT_PORT: '7001' });
    const lines = explainConfig(loaded).map(
      ({ path, value, origin }) => `${path} = ${value} (${origin})`,
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        'genesys.region = "mypurecloud.com" (line 3)',
        'genesys.auth.clientId = "client-1" (line 4, from GENESYS_CLIENT_ID)',
        'genesys.auth.clientSecret = ••• (line 4, from GENESYS_CLIENT_SECRET)',
        'sources.crm.headers.authorization = ••• (line 14, from CRM_TOKEN)',
        'genesys.timeoutMs = 10000 (default)',
        'service.port = 7001 (RAPPORT_PORT)',
      ]),
    );
    expect(lines.join('\n')).not.toContain('secret-1');
  });

  it('shows of a web address that was kept out of the file nothing but its host', () => {
    const text = `
genesys: { region: mypurecloud.com, auth: { type: client-credentials, clientId: id, clientSecret: '\${S}' } }
attributes: { crm.tier: { from: crm.tier } }
sources:
  crm: { type: http, url: 'https://crm.example/c/{key}' }
analytics: { url: '\${HOOK}' }
webhooks:
  chat: { url: 'https://hooks.example/services/\${S}' }
  wiki: { url: https://wiki.example/hooks/plain }
  open: { url: '\${HOST}' }
`;
    const loaded = load(text, {
      S: 'hidden-value',
      HOOK: 'https://hooks.example:8443/T1/hidden-value?a=hidden-value#hidden-value',
      HOST: 'https://bi.example',
    });
    const shown = explainConfig(loaded).flatMap(({ path, value }) =>
      path.endsWith('.url') ? `${path} = ${value}` : [],
    );
    expect(shown).toEqual([
      'sources.crm.url = "https://crm.example/c/{key}"',
      'analytics.url = "https://hooks.example:8443/•••"',
      'webhooks.chat.url = "https://hooks.example/•••"',
      'webhooks.wiki.url = "https://wiki.example/hooks/plain"',
      'webhooks.open.url = "https://bi.example"',
    ]);
  });

  it.each([
    ' https://hooks.example/T1/hidden-value',
    'https:\\\\hooks.example\\T1\\hidden-value',
    'https:/hooks.example/T1/hidden-value',
    'HTTPS:hooks.example/T1/hidden-value',
  ])('shows nothing else of one that is written in another way: %s', (hook) => {
    const text = `
genesys: { region: mypurecloud.com, auth: { type: client-credentials, clientId: id, clientSecret: '\${S}' } }
attributes: { crm.tier: { from: crm.tier } }
sources: { crm: { type: http, url: '\${HOOK}' } }
`;
    const shown = explainConfig(load(text, { S: 'hidden-value', HOOK: hook }));
    const { value } = shown.find(({ path }) => path === 'sources.crm.url') ?? {};
    expect(value).toBe('"https://hooks.example/•••"');
  });

  it('shows nothing that is sent to a service and was kept out of the file, under whatever name', () => {
    const text = `
genesys: { region: mypurecloud.com, auth: { type: client-credentials, clientId: id, clientSecret: '\${S}' } }
attributes: { crm.tier: { from: crm.tier } }
sources:
  crm:
    type: http
    method: POST
    url: https://crm.example/c
    headers: { x-crm-auth: '\${S}', accept-language: en }
    form: { pass: '\${S}', id: '{key}', client: 'app-\${S}-{key}' }
webhooks:
  wiki: { url: https://wiki.example/hooks, headers: { x-hook-auth: '\${S}' } }
`;
    const lines = explainConfig(load(text, { S: 'hidden-value' })).map(
      ({ path, value }) => `${path} = ${value}`,
    );
    expect(lines.join('\n')).not.toContain('hidden-value');
    expect(lines).toContain('sources.crm.headers.accept-language = "en"');
    expect(lines).toContain('sources.crm.form.id = "{key}"');
  });

  it('masks what services are given under a name of secrets, in query, header, form and body', () => {
    const text = `
genesys: { region: mypurecloud.com, auth: { type: client-credentials, clientId: id, clientSecret: '\${S}' } }
sources:
  crm:
    type: http
    method: POST
    url: 'https://crm.example/c/{key}?api_key=\${S}&customerKey={key}'
    headers: { ocp-apim-subscription-key: '\${S}', x-client-secret: '\${S}', x-customer-key: '{key}' }
    form: { client_secret: '\${S}', customerKey: '{key}' }
attributes: { crm.tier: { from: crm.tier } }
analytics: { url: 'https://bi.example/hook?sig=\${S}' }
`;
    const loaded = load(text, { S: 'hidden-value' });
    const shown = explainConfig(loaded).map(({ path, value }) => `${path} = ${value}`);
    expect(shown.join('\n')).not.toContain('hidden-value');
    expect(shown).toContain('sources.crm.url = "https://crm.example/•••"');
    expect(shown).toContain('sources.crm.form.customerKey = "{key}"');
    expect(shown).toContain('sources.crm.headers.x-customer-key = "{key}"');
    expect(secretsOf(loaded.config)).toEqual(Array(6).fill('hidden-value'));
  });
});
