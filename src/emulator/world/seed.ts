import { createPublicKey } from 'node:crypto';
import { RapportError } from '../../domain/errors.ts';
import type { FlowStep } from '../architect/step.ts';
import type { ClientState, GrantType } from '../oauth/clients.ts';
import type { FlowSchema } from './model.ts';
import type { World } from './world.ts';

/** An OAuth client to begin with. */
export interface ClientSeed {
  readonly id: string;
  readonly secret: string;
  /**
   * PEM (SPKI): RSA of 2048 bits or more, or P-256. Signed assertions of the tutorials' private-key
   * sign-in are checked with it. @defaultValue none: such a sign-in is refused
   */
  readonly publicKey?: string | undefined;
  readonly name?: string | undefined;
  /** @defaultValue `'client_credentials'` */
  readonly grant?: GrantType | undefined;
  /** Permissions of its roles; `*` stands for all. @defaultValue `['*']` */
  readonly permissions?: readonly string[] | undefined;
  /** Scopes of tokens for users. @defaultValue `['*']`: all that are asked for */
  readonly scopes?: readonly string[] | undefined;
  /** Names of the divisions in which its roles hold. @defaultValue all of them */
  readonly divisions?: readonly string[] | undefined;
  readonly redirectUris?: readonly string[] | undefined;
  /** 300 … 172,800 seconds. @defaultValue `86_400` */
  readonly tokenLifetimeSeconds?: number | undefined;
  /** @defaultValue `true` */
  readonly enabled?: boolean | undefined;
}

export interface QueueSeed {
  readonly name: string;
  readonly id?: string | undefined;
  /** Name of its division; created when there is none of that name. @defaultValue `'Home'` */
  readonly division?: string | undefined;
}

export interface UserSeed {
  readonly name: string;
  readonly id?: string | undefined;
  /** @defaultValue made from the name */
  readonly email?: string | undefined;
  /** For the tutorials' password sign-in. @defaultValue none: such a sign-in is refused */
  readonly password?: string | undefined;
  /** Permissions of the user's roles. @defaultValue `['*']` */
  readonly permissions?: readonly string[] | undefined;
  readonly division?: string | undefined;
}

export interface FlowSeed {
  readonly name: string;
  readonly id?: string | undefined;
  /** @defaultValue `'INBOUNDCALL'` */
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly division?: string | undefined;
  readonly inputSchema?: FlowSchema | undefined;
  readonly outputSchema?: FlowSchema | undefined;
  /** @defaultValue an empty object; `null` for a flow that has none */
  readonly configuration?: unknown;
  readonly deleted?: boolean | undefined;
  /** What it does with a conversation that passes it. @defaultValue nothing */
  readonly steps?: readonly FlowStep[] | undefined;
}

/** Where customers' messages come in. */
export interface IntegrationSeed {
  readonly name: string;
  readonly id?: string | undefined;
  readonly kind: 'open' | 'webmessaging';
  /** Name or id of the queue its conversations wait in. */
  readonly queue?: string | undefined;
  /** Name or id of the flow they pass first. */
  readonly flow?: string | undefined;
}

/** What an organization holds when the emulator starts or is reset. */
export interface Seed {
  readonly organization?: string | undefined;
  readonly clients: readonly ClientSeed[];
  readonly queues: readonly QueueSeed[];
  readonly users: readonly UserSeed[];
  readonly flows: readonly FlowSeed[];
  readonly integrations: readonly IntegrationSeed[];
}

export const DEFAULT_CLIENT_ID = 'rapport-demo';
/** For users in a browser: authorization code, with or without PKCE, to any loopback address. */
export const DEFAULT_WEB_CLIENT_ID = 'rapport-demo-web';
export const DEFAULT_CLIENT_SECRET = 'rapport-demo-secret';
/** Of the users that the organization begins with. */
export const DEFAULT_USER_PASSWORD = 'rapport-demo-password';

export const DEFAULT_SEED: Seed = {
  clients: [
    { id: DEFAULT_CLIENT_ID, secret: DEFAULT_CLIENT_SECRET, name: 'Rapport demo' },
    {
      id: DEFAULT_WEB_CLIENT_ID,
      secret: DEFAULT_CLIENT_SECRET,
      name: 'Rapport demo in a browser',
      grant: 'authorization_code',
      redirectUris: ['http://localhost', 'http://127.0.0.1'],
    },
  ],
  queues: [{ name: 'Support' }, { name: 'Sales' }],
  users: ['Ada Agent', 'Ben Agent', 'Cleo Supervisor'].map((name) => ({
    name,
    password: DEFAULT_USER_PASSWORD,
  })),
  integrations: [
    { name: 'Open messaging', kind: 'open', queue: 'Support' },
    { name: 'Web messenger', kind: 'webmessaging', queue: 'Support' },
  ],
  flows: [
    {
      name: 'Inbound support',
      type: 'INBOUNDCALL',
      inputSchema: {
        title: 'Inbound support',
        type: 'object',
        required: ['crm.customerId'],
        properties: {
          'crm.customerId': { type: 'string' },
          'crm.tier': { type: 'string' },
          'crm.lastInteraction': { type: 'string', format: 'date-time' },
          'crm.preferences': { type: 'object', properties: {} },
          'orders.open': { type: 'integer' },
        },
      },
    },
  ],
};

const EMPTY_SCHEMA: FlowSchema = { type: 'object', properties: {} };

/** Puts the seed into an empty world. */
export function plant(world: World, clients: Map<string, ClientState>, seed: Seed): void {
  if (seed.organization !== undefined) {
    world.organization = { ...world.organization, name: seed.organization };
  }
  divisionNamed(world, 'Home');
  for (const queue of seed.queues) addQueue(world, queue);
  for (const user of seed.users) addUser(world, user);
  for (const flow of seed.flows) addFlow(world, flow);
  for (const integration of seed.integrations) addIntegration(world, integration);
  clients.clear();
  for (const client of seed.clients) addClient(world, clients, client);
}

export function addQueue(world: World, seed: QueueSeed): string {
  const id = seed.id ?? world.newId();
  const divisionId = divisionNamed(world, seed.division);
  world.queues.set(id, { id, name: seed.name, divisionId, createdAt: world.now() });
  return id;
}

export function addUser(world: World, seed: UserSeed): string {
  const id = seed.id ?? world.newId();
  const email =
    seed.email ?? `${seed.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}@example.com`;
  world.users.set(id, {
    id,
    name: seed.name,
    email,
    password: seed.password,
    divisionId: divisionNamed(world, seed.division),
    permissions: seed.permissions ?? ['*'],
  });
  return id;
}

export function addFlow(world: World, seed: FlowSeed): string {
  const id = seed.id ?? world.newId();
  world.flows.set(id, {
    id,
    name: seed.name,
    type: seed.type ?? 'INBOUNDCALL',
    description: seed.description,
    divisionId: divisionNamed(world, seed.division),
    deleted: seed.deleted ?? false,
    steps: seed.steps ?? [],
    versions: [
      {
        id: '1.0',
        inputSchema: seed.inputSchema ?? EMPTY_SCHEMA,
        outputSchema: seed.outputSchema ?? EMPTY_SCHEMA,
        configuration: seed.configuration === undefined ? {} : (seed.configuration ?? undefined),
        publishedAt: world.now(),
      },
    ],
  });
  return id;
}

export function addIntegration(world: World, seed: IntegrationSeed): string {
  const id = seed.id ?? world.newId();
  world.integrations.set(id, {
    id,
    name: seed.name,
    kind: seed.kind,
    queueId: seed.queue === undefined ? undefined : world.findQueue(seed.queue)?.id,
    flowId: seed.flow === undefined ? undefined : world.findFlow(seed.flow)?.id,
  });
  return id;
}

/** @throws {RapportError} `ERR_EMULATOR_SEED` for a lifetime that the platform does not take, or a key that is none */
export function addClient(world: World, clients: Map<string, ClientState>, seed: ClientSeed): void {
  const lifetime = seed.tokenLifetimeSeconds ?? 86_400;
  if (!(lifetime >= 300 && lifetime <= 172_800)) {
    throw new RapportError({
      code: 'ERR_EMULATOR_SEED',
      message: `client "${seed.id}": tokenLifetimeSeconds must be 300 to 172800, got ${lifetime}`,
      nextStep: 'Give a lifetime that the platform allows, or advance the clock to expire tokens.',
    });
  }
  clients.set(seed.id, {
    id: seed.id,
    secret: seed.secret,
    publicKey: seed.publicKey === undefined ? undefined : checkedKey(seed.publicKey, seed.id),
    name: seed.name ?? seed.id,
    grant: seed.grant ?? 'client_credentials',
    permissions: seed.permissions ?? ['*'],
    scopes: seed.scopes ?? ['*'],
    divisions: seed.divisions?.map((name) => divisionNamed(world, name)),
    redirectUris: seed.redirectUris ?? [],
    tokenLifetimeSeconds: lifetime,
    enabled: seed.enabled ?? true,
  });
}

function checkedKey(pem: string, clientId: string): string {
  let problem: string;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails = {} } = createPublicKey(pem);
    const { modulusLength = 0, namedCurve } = asymmetricKeyDetails;
    if (asymmetricKeyType === 'rsa' && modulusLength >= 2048) return pem;
    if (asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return pem;
    problem = `a key of type ${asymmetricKeyType} signs no assertion`;
  } catch {
    // The parser's own words tell of its decoders alone.
    problem = 'it is no PEM of a key';
  }
  throw new RapportError({
    code: 'ERR_EMULATOR_SEED',
    message: `client "${clientId}": publicKey cannot be used: ${problem}`,
    nextStep: 'Give PEM of an RSA key of 2048 bits or more, or of a P-256 key.',
  });
}

function divisionNamed(world: World, name = 'Home'): string {
  for (const division of world.divisions.values()) if (division.name === name) return division.id;
  const id = world.newId();
  world.divisions.set(id, { id, name });
  return id;
}
