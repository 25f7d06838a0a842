import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { analyticsRoutes } from './analytics/routes.ts';
import { searchRoutes } from './analytics/search.ts';
import { flowRoutes } from './architect/routes.ts';
import { Control } from './control/control.ts';
import { createControlApi } from './control/routes.ts';
import { creationRoutes } from './conversations/create-routes.ts';
import { conversationRoutes } from './conversations/routes.ts';
import { secureRoutes } from './conversations/secure-routes.ts';
import { aboutRoutes } from './directory/about-routes.ts';
import { directoryRoutes } from './directory/routes.ts';
import { createFront, type Front, type FrontParts } from './http/front.ts';
import { createRecorder } from './http/recorder.ts';
import type { Route, SupportedOperation } from './http/route.ts';
import { Router } from './http/router.ts';
import { serveOver } from './http/serve.ts';
import { startServer } from './http/server.ts';
import { createLoginPages } from './oauth/login-page.ts';
import { clientCredentialsGrant, createTokenEndpoint, type Grant } from './oauth/token-endpoint.ts';
import { tokenRoutes } from './oauth/token-routes.ts';
import { createGuestSockets } from './messaging/guest-socket.ts';
import { messagingRoutes } from './messaging/routes.ts';
import { checkOptions } from './options-schema.ts';
import type { EmulatorOptions } from './options.ts';
import { createRooms, type Rooms } from './rooms.ts';
import { createPlatformPaths } from './platform-paths/find-platform-path.ts';
import { truePathOf } from './platform-paths/true-path.ts';
import { startPush } from './push/hub.ts';
import { pushRoutes } from './push/routes.ts';
import { createSocketServer, DEFAULT_HEARTBEAT_MS } from './push/socket-server.ts';
import { createTutorials } from './tutorials/tutorials.ts';
import { createChance } from './world/seeded.ts';

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
  /** What of the platform it has. */
  readonly operations: readonly SupportedOperation[];
}

/**
 * Starts Genesys Cloud on this machine, as far as the emulator has it.
 *
 * @throws {RapportError} `ERR_EMULATOR_OPTIONS`, `ERR_PORT_IN_USE`, `ERR_CANNOT_LISTEN`, `ERR_EMULATOR_SEED`
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  checkOptions(options);
  return startWithRooms(createRooms(options, options.clock ?? systemClock), options);
}

/** Starts with rooms that were made before, so that a test may put a broken one among them. */
export async function startWithRooms(rooms: Rooms, options: EmulatorOptions): Promise<Emulator> {
  const { clock } = rooms.world;
  const host = options.host ?? '127.0.0.1';
  let port = options.port ?? 0;
  const authority = (): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const core = assemble(rooms, options, () => `ws://${authority()}`);
  const heartbeatMs = options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS;
  const sockets = createSocketServer({ ...rooms, heartbeatMs });
  const guests = createGuestSockets(rooms.world, rooms.messenger);
  const serve = serveOver(core.front);
  const server = await startServer({
    host,
    port,
    onRequest: (request, response) => void serve(request, response),
    onUpgrade: (request, socket, head) => {
      const isGuest = /\/v1(\?|$)/.test(request.url ?? '');
      (isGuest ? guests : sockets).upgrade(request, socket, head);
    },
  });
  port = server.port;
  const url = `http://${authority()}`;
  return {
    url,
    apiUrl: url,
    loginUrl: url,
    port,
    control: core.control,
    clock,
    operations: core.operations,
    async [Symbol.asyncDispose]() {
      core[Symbol.dispose]();
      sockets[Symbol.dispose]();
      guests[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** All of the emulator but its port: what carries requests and frames to and fro is the caller's. */
export interface Core extends Disposable {
  readonly front: Front;
  readonly control: Control;
  readonly operations: readonly SupportedOperation[];
}

/** @param socketUrl where the sockets of channels are, as clients are told */
export function assemble(rooms: Rooms, options: EmulatorOptions, socketUrl: () => string): Core {
  const { clock } = rooms.world;
  const tutorials = options.profile === 'tutorials' ? createTutorials(rooms) : undefined;
  const platformRoutes = createRoutes(rooms, socketUrl);
  const routes = tutorials?.layOver(platformRoutes) ?? platformRoutes;
  const control = new Control({ ...rooms, clock });
  // Of its own, so that how often somebody asks does not change the ids of conversations.
  const ids = createChance((options.seed ?? 1) + 1);
  const newCorrelationId = (): string => ids.newId();
  const stop = new AbortController();
  const push = startPush(rooms.world, rooms.channels, newCorrelationId);
  const grants = tutorials?.grants;
  const wiring = { rooms, options, routes, grants, control, newCorrelationId };
  return {
    front: createFront(wireFront(wiring, stop.signal)),
    control,
    operations: routes,
    [Symbol.dispose]() {
      stop.abort();
      rooms.channels.clear();
      push[Symbol.dispose]();
      rooms.purging[Symbol.dispose]();
      rooms.world.stop();
    },
  };
}

interface Wiring {
  readonly rooms: Rooms;
  readonly options: EmulatorOptions;
  readonly routes: readonly Route[];
  /** Sign-ins beside the platform's. */
  readonly grants: ReadonlyMap<string, Grant> | undefined;
  readonly control: Control;
  readonly newCorrelationId: () => string;
}

function wireFront(wiring: Wiring, stopped: AbortSignal): FrontParts {
  const { rooms, options, newCorrelationId } = wiring;
  const { world, tokens, codes, limiter, chaos } = rooms;
  const platformPaths = createPlatformPaths();
  const log = options.log ?? silentLog;
  return {
    api: { router: new Router(wiring.routes), tokens, limiter, platformPaths },
    faults: { chaos, clock: world.clock, tokens, stopped },
    tokenEndpoint: createTokenEndpoint(
      rooms.clients,
      new Map([
        ['client_credentials', clientCredentialsGrant(tokens)],
        ['authorization_code', codes.codeGrant],
        ['refresh_token', codes.refreshGrant],
        ...(wiring.grants ?? []),
      ]),
    ),
    pages: createLoginPages(rooms),
    control: createControlApi(wiring.control),
    recorder: createRecorder({
      ...rooms,
      log,
      truePath: (method, path) => truePathOf(platformPaths, method, path),
      onExchange: options.onExchange,
    }),
    log,
    newCorrelationId,
  };
}

/** The route table: what of the platform the emulator has. */
function createRoutes(rooms: Rooms, socketUrl: () => string): Route[] {
  const { world, writer, channels, settings } = rooms;
  return [
    ...tokenRoutes(world),
    ...conversationRoutes({ world, writer, attributes: () => settings.attributes }),
    ...creationRoutes(rooms),
    ...messagingRoutes(world, rooms.messenger),
    ...secureRoutes(world),
    ...searchRoutes(world),
    ...analyticsRoutes(rooms),
    ...flowRoutes(world),
    ...directoryRoutes(world),
    ...aboutRoutes(rooms.limiter),
    ...pushRoutes({ world, channels, socketUrl }),
  ];
}
