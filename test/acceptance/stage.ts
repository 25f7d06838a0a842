import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, type Ran, type Surroundings } from '../../src/cli/run-cli.fixture.ts';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  startEmulator,
  type Emulator,
  type EmulatorOptions,
  type EmulatorProfile,
} from '../../src/emulator/index.ts';

export const PROFILES: readonly EmulatorProfile[] = ['platform', 'tutorials'];
export const CRM_TOKEN = 'crm-token-of-the-stage';

export type Env = Readonly<Record<string, string>>;

export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** As it was sent; a signature covers this. */
  readonly text: string;
  readonly body: unknown;
}

/** An HTTP service of somebody else: the CRM, or the place that analytics go to. */
export interface Neighbour {
  readonly url: string;
  readonly received: readonly Received[];
}

export interface Stage extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly crm: Neighbour;
  readonly analytics: Neighbour;
  readonly cwd: string;
  /** Where the documents' variables point, and nothing more. */
  readonly place: Env;
  /** The same with a client and its secret. */
  readonly signIn: Env;
  rapport(args: readonly string[], env: Env, terminal?: Partial<Surroundings>): Promise<Ran>;
}

/** The customer whom the CRM knows by number, by id and by conversation. */
export const CUSTOMER = {
  phone: '+12125550101',
  record: {
    id: 'CUST-998877',
    membership_tier: 'platinum',
    last_call_date: '2023-10-01T12:00:00Z',
    preferences: { language: 'en', channels: ['voice'] },
  },
  attributes: {
    'crm.customerId': 'CUST-998877',
    'crm.tier': 'platinum',
    'crm.lastInteraction': '2023-10-01T12:00:00Z',
    'crm.preferences': '{"channels":["voice"],"language":"en"}',
  },
} as const;

/** The platform, a CRM and an analytics sink on loopback, and a folder with no configuration in it. */
export async function startStage(
  profile: EmulatorProfile,
  { emulator: options, record = CUSTOMER.record, isCrmOpen = false, answerCrm }: StageOptions = {},
): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(
    await startEmulator({ profile, attributes: { lagMs: 5 }, ...options }),
  );
  const crm = await startNeighbour(stack, (asked) => {
    const special = answerCrm?.(asked);
    if (special !== undefined) return special;
    const { headers, url } = asked;
    const isKnown = isCrmOpen || headers.authorization === `Bearer ${CRM_TOKEN}`;
    if (!isKnown) return { status: 401 };
    return url.includes('unknown') ? { status: 404 } : { status: 200, body: record };
  });
  const analytics = await startNeighbour(stack, () => ({ status: 204 }));
  const cwd = await mkdtemp(join(tmpdir(), 'rapport-acceptance-'));
  stack.defer(() => rm(cwd, { recursive: true, force: true }));
  const place = {
    GENESYS_API_URL: emulator.apiUrl,
    GENESYS_LOGIN_URL: emulator.loginUrl,
    RAPPORT_STORE: 'sqlite::memory:',
  };
  const signIn = {
    ...place,
    GENESYS_CLIENT_ID: DEFAULT_CLIENT_ID,
    GENESYS_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
  };
  const started = stack.move();
  return {
    emulator,
    crm,
    analytics,
    cwd,
    place,
    signIn,
    rapport: (args, env, terminal) => runCommand(args, { env, cwd, ...terminal }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

export interface StageOptions {
  readonly emulator?: EmulatorOptions;
  /** What the CRM answers for everybody it knows. */
  readonly record?: unknown;
  /** The CRM asks for no token. */
  readonly isCrmOpen?: boolean;
  /** What the CRM answers in place of the record; `undefined` leaves it at that. */
  readonly answerCrm?: (request: Received) => Reply | undefined;
}

export interface Reply {
  /** The connection stays open and nothing comes. */
  readonly isHeldBack?: boolean;
  readonly status: number;
  readonly body?: unknown;
}

async function startNeighbour(
  stack: AsyncDisposableStack,
  answer: (request: Received) => Reply,
): Promise<Neighbour> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const seen = { url: request.url ?? '', headers: request.headers, text, body };
      received.push(seen);
      const reply = answer(seen);
      if (reply.isHeldBack === true) return;
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => closed(server));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Writes a fresh RSA key where `GENESYS_PRIVATE_KEY_PATH` can name it, and registers its public half. */
export async function writePrivateKey(
  { cwd, emulator }: Stage,
  name = 'private.pem',
): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  emulator.control.addClient({
    id: DEFAULT_CLIENT_ID,
    secret: DEFAULT_CLIENT_SECRET,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  });
  const path = join(cwd, name);
  await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return path;
}

/** Method and template of each request but sign-in, in order. */
export function operationsOf({ emulator }: Stage): readonly string[] {
  return emulator.control
    .requests()
    .flatMap(({ operation, path, method }) =>
      path.includes('/oauth/token') ? [] : [operation ?? `${method} ${path}`],
    );
}

/** What the requests of one method sent, in order. */
export function bodiesOf({ emulator }: Stage, method: string): readonly unknown[] {
  return emulator.control
    .requests()
    .filter((exchange) => exchange.method === method && !exchange.path.includes('/oauth/'))
    .map(({ requestBody }) => requestBody);
}

/** Puts a configuration file into the folder, with this write section and more; the commands then go by it. */
export async function writeConfig(
  { cwd, emulator }: Stage,
  write: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Env> {
  const genesys = {
    apiUrl: emulator.apiUrl,
    auth: { type: 'client-credentials', clientId: '${ID}', clientSecret: '${SECRET}' },
  };
  await writeFile(
    join(cwd, 'rapport.yaml'),
    JSON.stringify({ genesys, write, store: 'sqlite::memory:', ...more }),
  );
  return { ID: DEFAULT_CLIENT_ID, SECRET: DEFAULT_CLIENT_SECRET };
}
