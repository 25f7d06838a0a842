import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notOnConversation } from '../../access/attendance.ts';
import { actorOf, may, notAllowed, notSignedIn, type Principal } from '../../access/principal.ts';
import { createRateLimit, tooFast } from '../../access/rate-limit.ts';
import { RapportError } from '../../domain/errors.ts';
import { parseConversationId } from '../../domain/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { HttpRooms } from './rooms.ts';
import { networkOf } from './network-of.ts';
import { createTrials, WRONG_KEYS_MS } from './trials.ts';
import { createUnderWay } from './under-way.ts';
import { whenOver } from './when-over.ts';

export interface GuardOptions {
  readonly identify: HttpRooms['identify'];
  readonly identifyAgent: HttpRooms['identifyAgent'];
  readonly knowsAgent: HttpRooms['knowsAgent'];
  readonly assertSees: HttpRooms['assertSees'];
  readonly clock: Clock;
  /** Requests that may be under way at once, streams not counted: of callers who are known, and of others. */
  readonly maxConcurrent: number;
  /** Of one caller: a key, a person, or an address where the route itself finds out who it is. */
  readonly requestsPerSecond: number;
}

const RETRY_AFTER_MS = 1000;

/**
 * Closed by default: every route says what a caller must be allowed, one that does not fails the
 * start, and what is no route at all is only told to somebody with a key.
 */
export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  const { identify, identifyAgent, knowsAgent, assertSees, clock } = options;
  const { maxConcurrent, requestsPerSecond } = options;
  const identifyNew = createIdentifyNew(identifyAgent, clock);
  const rate = createRateLimit({ perSecond: requestsPerSecond, clock });
  const takeTurn = (caller: string): void => {
    const waitMs = rate.take(caller);
    if (waitMs !== undefined) throw tooFast(waitMs);
  };
  const underWay = createUnderWay(maxConcurrent);
  whenOver(app, (request) => underWay.leave(request));
  app.decorateRequest('principal');
  app.addHook('onRoute', (routeOptions) => {
    if (routeOptions.config?.access === undefined) {
      throw new Error(`${routeOptions.url} does not say who may call it`);
    }
  });
  const identifyCaller = async (request: FastifyRequest): Promise<Principal | undefined> => {
    const { access, isStream = false } = request.routeOptions.config;
    const { authorization } = request.headers;
    const holder = identify(authorization);
    // An event is proved by its sender's credential, which is no agent's and nothing to show to anybody else.
    const mayBeAgent = holder === undefined && (access !== 'own' || isStream);
    const isKnown = holder !== undefined || (mayBeAgent && knowsAgent(authorization));
    if (!isStream && !underWay.enter(request, isKnown ? 'known' : 'unknown')) throw busy();
    if (!mayBeAgent) return holder;
    // Who was let in before is let in again: behind a proxy everybody has its address.
    const known = await identifyAgent(authorization, { asksNew: false });
    const agent = known ?? (await identifyNew(request));
    if (agent !== undefined && !isStream) underWay.toKnown(request);
    return agent;
  };
  app.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === 'anyone') return;
    const principal = await identifyCaller(request);
    request.principal = principal;
    if (access === 'own') {
      takeTurn(principal === undefined ? `address:${networkOf(request.ip)}` : actorOf(principal));
      return;
    }
    if (principal === undefined) throw notSignedIn();
    takeTurn(actorOf(principal));
    if (access !== undefined && !may(principal, access)) throw notAllowed(access);
    if (principal.kind === 'user') await assertOwn(request, principal, assertSees);
  });
}

/** Asks whose token it is that was never known for somebody's. @throws {RapportError} `ERR_TOO_MANY_FAILURES` */
function createIdentifyNew(
  identifyAgent: HttpRooms['identifyAgent'],
  clock: Clock,
): (request: FastifyRequest) => Promise<Principal | undefined> {
  const trials = createTrials(clock);
  return async ({ headers, ip, routeOptions }) => {
    const { authorization } = headers;
    if (authorization === undefined) return undefined;
    const trial = await trials.begin(networkOf(ip));
    if (trial === undefined) {
      // A ticket may open it all the same.
      if (routeOptions.config.access === 'own') return undefined;
      throw tooManyFailures();
    }
    let isWrong = false;
    try {
      const agent = await identifyAgent(authorization);
      isWrong = agent === undefined;
      return agent;
    } finally {
      trial.end(isWrong);
    }
  };
}

/** A person sees conversations that they are on, one at a time, and nothing else. */
async function assertOwn(
  { params, routeOptions }: FastifyRequest,
  principal: Principal,
  assertSees: HttpRooms['assertSees'],
): Promise<void> {
  const { subject } = routeOptions.config;
  if (subject === 'body') return;
  if (subject !== 'conversation') throw notOnConversation();
  await assertSees(principal, parseConversationId((params as { id?: unknown }).id));
}

function busy(): RapportError {
  return new RapportError({
    code: 'ERR_BUSY',
    message: 'too many requests are under way',
    nextStep: 'Send it again after the time in Retry-After.',
    retryable: true,
    fault: 'ours',
    details: { httpStatus: 503, retryAfterMs: RETRY_AFTER_MS },
  });
}

function tooManyFailures(): RapportError {
  return new RapportError({
    code: 'ERR_TOO_MANY_FAILURES',
    message: 'too many wrong keys came from this address',
    nextStep: 'Wait a minute, and check the key.',
    details: { httpStatus: 429, retryAfterMs: WRONG_KEYS_MS },
  });
}
