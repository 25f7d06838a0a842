import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { flowRoutes } from './architect/routes.ts';
import { Control } from './control/control.ts';
import { createControlApi } from './control/routes.ts';
import {
  AttributeWriter,
  changeAttributes,
  DEFAULT_ATTRIBUTES,
  type AttributeSettings,
} from './conversations/attributes.ts';
import { conversationRoutes } from './conversations/routes.ts';
import { directoryRoutes } from './directory/routes.ts';
import { createFront } from './http/front.ts';
import { hintFor } from './http/path-hint.ts';
import { RequestLog } from './http/request-log.ts';
import type { Route } from './http/route.ts';
import { Router } from './http/router.ts';
import { startServer } from './http/server.ts';
import { createRateLimiter } from './limits/rate-limiter.ts';
import type { ClientState } from './oauth/clients.ts';
import { clientCredentialsGrant, createTokenEndpoint } from './oauth/token-endpoint.ts';
import { tokenRoutes } from './oauth/token-routes.ts';
import { TokenStore } from './oauth/tokens.ts';
import type { EmulatorOptions } from './options.ts';
import { createPlatformPaths } from './platform-paths/find-platform-path.ts';
import { truePathOf } from './platform-paths/true-path.ts';
import { Channels } from './push/channels.ts';
import { startPush } from './push/hub.ts';
import { pushRoutes } from './push/routes.ts';
import { createSocketServer, DEFAULT_HEARTBEAT_MS } from './push/socket-server.ts';
import { DEFAULT_SEED, plant } from './world/seed.ts';
import { createChance } from './world/seeded.ts';
import { World } from './world/world.ts';

/** A running emulator. Disposing it closes every socket and cancels every timer. */
export interface Emulator extends AsyncDisposable {
  /** `http://host:port`: the API is at `/api/v2/…`, sign-in at `/oauth/token`, control at `/control/…`. */
  readonly url: string;
  /** What a client takes for the API's host; `/api/v2/…` follows. */
  readonly apiUrl: string;
  /** What a client takes for the sign-in host; `/oauth/token` follows. */
  readonly loginUrl: string;
  readonly port: number;
  readonly control: Control;
  readonly clock: Clock;
}

/**
 * Starts Genesys Cloud on this machine, as far as the emulator has it.
 *
 * @throws {RapportError} `ERR_PORT_IN_USE`, `ERR_CANNOT_LISTEN`, `ERR_EMULATOR_SEED`
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const clock = options.clock ?? systemClock;
  const rooms = createRooms(options, clock);
  const host = options.host ?? '127.0.0.1';
  let port = options.port ?? 0;
  const authority = (): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const routes = createRoutes(rooms, () => `ws://${authority()}`);
  const control = new Control({ ...rooms, clock });
  const ids = createChance((options.seed ?? 1) + 1);
  const push = startPush(rooms.world, rooms.channels, () => ids.newId());
  const sockets = createSocketServer({
    ...rooms,
    heartbeatMs: options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
  });
  const { tokens, limiter } = rooms;
  const platformPaths = createPlatformPaths();
  const front = createFront({
    ...rooms,
    api: { router: new Router(routes), tokens, limiter, platformPaths },
    tokenEndpoint: createTokenEndpoint(
      rooms.clients,
      new Map([['client_credentials', clientCredentialsGrant(tokens)]]),
    ),
    control: createControlApi(control),
    log: options.log ?? silentLog,
    newCorrelationId: () => ids.newId(),
    hintFor: (method, path) => {
      const truePath = truePathOf(platformPaths, method, path);
      return truePath === undefined ? hintFor(method, path) : `use ${truePath}`;
    },
    onExchange: options.onExchange,
  });
  const server = await startServer({
    host,
    port,
    onRequest: (request, response) => void front(request, response),
    onUpgrade: (request, socket, head) => sockets.upgrade(request, socket, head),
  });
  port = server.port;
  const url = `http://${authority()}`;
  return {
    url,
    apiUrl: url,
    loginUrl: url,
    port,
    control,
    clock,
    async [Symbol.asyncDispose]() {
      rooms.channels.clear();
      push[Symbol.dispose]();
      sockets[Symbol.dispose]();
      rooms.world.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Everything that holds state, empty but for the seed's organization. */
interface Rooms {
  readonly world: World;
  readonly clients: Map<string, ClientState>;
  readonly tokens: TokenStore;
  readonly channels: Channels;
  readonly limiter: ReturnType<typeof createRateLimiter>;
  readonly settings: { attributes: AttributeSettings };
  readonly writer: AttributeWriter;
  readonly requests: RequestLog;
  readonly plant: () => void;
}

function createRooms(options: EmulatorOptions, clock: Clock): Rooms {
  const world = new World({ clock, seed: options.seed ?? 1 });
  const clients = new Map<string, ClientState>();
  const seed = { ...DEFAULT_SEED, ...options.organization };
  const settings = {
    attributes: changeAttributes(DEFAULT_ATTRIBUTES, options.attributes),
  };
  plant(world, clients, seed);
  return {
    world,
    clients,
    tokens: new TokenStore(world),
    channels: new Channels(world),
    limiter: createRateLimiter(clock, options.limits),
    settings,
    writer: new AttributeWriter(world, () => settings.attributes),
    requests: new RequestLog(options.requestLogSize),
    plant: () => plant(world, clients, seed),
  };
}

/** The route table: what of the platform the emulator has. */
function createRoutes(rooms: Rooms, socketUrl: () => string): Route[] {
  const { world, writer, channels, settings } = rooms;
  return [
    ...tokenRoutes(world),
    ...conversationRoutes({ world, writer, attributes: () => settings.attributes }),
    ...flowRoutes(world),
    ...directoryRoutes(world),
    ...pushRoutes({ world, channels, socketUrl }),
  ];
}
