import { z } from 'zod';
import { RapportError } from '../../domain/errors.ts';
import type { ControlRequest } from '../http/front.ts';
import { methodNotAllowed, notFound } from '../http/errors.ts';
import { PlatformError } from '../http/platform-error.ts';
import type { Answer, Method } from '../http/route.ts';
import { noContent, ok } from '../http/route.ts';
import { Router } from '../http/router.ts';
import type { Control } from './control.ts';
import {
  advanceSchema,
  clientSeedSchema,
  closeSchema,
  deliverySchema,
  dropSchema,
  endSchema,
  faultSchema,
  flowSeedSchema,
  inboundStartSchema,
  internalSchema,
  moveSchema,
  outboundSchema,
  queueSeedSchema,
  revokeSchema,
  settingsSchema,
  userSeedSchema,
  writeSchema,
} from './schemas.ts';

interface ControlCall {
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface ControlRoute {
  readonly method: Method;
  readonly path: string;
  readonly handle: (call: ControlCall) => Answer | Promise<Answer>;
}

/** The control API over HTTP: `Control`, call by call. It is the emulator's own and asks for no token. */
export function createControlApi(control: Control): (request: ControlRequest) => Promise<Answer> {
  const router = new Router([
    ...conversationControls(control),
    ...organizationControls(control),
    ...platformControls(control),
  ]);
  return async ({ method, path, query, readBody }) => {
    const match = router.match(method, path);
    if (match.kind === 'none') throw notFound(`no control ${path}; see src/emulator/README.md`);
    if (match.kind === 'method') throw methodNotAllowed(match.allowed);
    try {
      const body = await readBody();
      return await match.route.handle({ id: match.params['id'] ?? '', query, body });
    } catch (error) {
      if (error instanceof RapportError)
        throw refusal(STATUS.get(error.code) ?? 409, `${error.message}. ${error.nextStep ?? ''}`);
      throw error;
    }
  };
}

/** What is wrong with the request itself; everything else conflicts with how things are. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['ERR_FAULT_RULE', 400],
  ['ERR_EMULATOR_SEED', 400],
]);

const refusal = (status: number, message: string): PlatformError =>
  new PlatformError({ status, code: 'emulator.control', message });

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw refusal(400, z.prettifyError(parsed.error));
}

const created = (body: unknown): Answer => ({ status: 201, body });

const on = (method: Method, path: string, handle: ControlRoute['handle']): ControlRoute => ({
  method,
  path: `/control${path}`,
  handle,
});

/** A route with a JSON body of that form; no body counts as an empty object. */
function withBody<T>(
  [method, path]: readonly [Method, string],
  schema: z.ZodType<T>,
  handle: (body: T, id: string) => Answer | Promise<Answer>,
): ControlRoute {
  return on(method, path, ({ id, body }) => handle(read(schema, body), id));
}

function conversationControls(control: Control): ControlRoute[] {
  const one = '/conversations/{id}';
  const shown = (id: string): Answer => ok(control.conversation(id));
  return [
    withBody(['POST', '/conversations'], inboundStartSchema, (start) =>
      created(control.start(start)),
    ),
    withBody(['POST', '/conversations/outbound'], outboundSchema, (start) =>
      created(control.startOutbound(start)),
    ),
    withBody(['POST', '/conversations/internal'], internalSchema, ({ from, to }) =>
      created(control.startInternal(from, to)),
    ),
    on('GET', '/conversations', () => ok({ conversations: control.conversations() })),
    on('GET', one, ({ id }) => shown(id)),
    on('GET', `${one}/flow-runs`, ({ id }) => ok({ runs: control.flowRuns(id) })),
    withBody(['POST', `${one}/moves`], moveSchema, (move, id) => {
      control.move(id, move);
      return shown(id);
    }),
    withBody(['POST', `${one}/end`], endSchema, ({ by }, id) => {
      control.end(id, by);
      return shown(id);
    }),
    withBody(['PATCH', `${one}/attributes`], writeSchema, ({ attributes, participantId }, id) => {
      control.writeAttributes(id, attributes, participantId);
      return shown(id);
    }),
  ];
}

function organizationControls(control: Control): ControlRoute[] {
  return [
    on('GET', '/world', () => ok(control.world())),
    withBody(['POST', '/clients'], clientSeedSchema, (seed) => {
      control.addClient(seed);
      return created({ id: seed.id });
    }),
    withBody(['POST', '/queues'], queueSeedSchema, (seed) =>
      created({ id: control.addQueue(seed) }),
    ),
    withBody(['POST', '/users'], userSeedSchema, (seed) => created({ id: control.addUser(seed) })),
    withBody(['POST', '/flows'], flowSeedSchema, (seed) => created({ id: control.addFlow(seed) })),
  ];
}

function platformControls(control: Control): ControlRoute[] {
  return [
    withBody(['PATCH', '/settings'], settingsSchema, ({ attributes, architect, limits }) =>
      ok({
        attributes: control.configureAttributes(attributes ?? {}),
        architect: control.configureArchitect(architect ?? {}),
        ...(limits === undefined ? {} : { limits: control.configureLimits(limits) }),
      }),
    ),
    on('GET', '/faults', () => ok({ faults: control.faults() })),
    withBody(['POST', '/faults'], faultSchema, (rule) => created(control.addFault(rule))),
    on('DELETE', '/faults', ({ query }) => {
      control.clearFaults(query.get('seed') ?? undefined);
      return noContent();
    }),
    on('DELETE', '/faults/{id}', ({ id }) => {
      if (!control.removeFault(id)) throw notFound(`no fault rule "${id}"`);
      return noContent();
    }),
    on('GET', '/deliveries', () => ok({ deliveries: control.deliveries() })),
    withBody(['POST', '/deliveries'], deliverySchema, (settings) => {
      control.addDelivery(settings);
      return created(settings);
    }),
    withBody(['POST', '/tokens/revoke'], revokeSchema, ({ clientId }) =>
      ok({ revoked: control.revokeTokens(clientId) }),
    ),
    withBody(['POST', '/sockets/drop'], dropSchema, ({ channelId }) =>
      ok({ dropped: control.dropSockets(channelId) }),
    ),
    withBody(['POST', '/sockets/close'], closeSchema, ({ delayMs, channelId }) =>
      ok({ closing: control.closeSockets(delayMs, channelId) }),
    ),
    withBody(['POST', '/clock/advance'], advanceSchema, async ({ ms }) => {
      await control.advance(ms);
      return ok({ now: control.world().now });
    }),
    on('GET', '/requests', () => ok({ requests: control.requests() })),
    on('DELETE', '/requests', () => {
      control.clearRequests();
      return noContent();
    }),
    on('POST', '/reset', () => {
      control.reset();
      return noContent();
    }),
  ];
}
