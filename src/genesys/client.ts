import { createAnalyticsApi, type AnalyticsApi, type AnalyticsContext } from './api/analytics.ts';
import { createAttributesApi, type AttributesApi } from './api/attributes.ts';
import { createConversationsApi, type ConversationsApi } from './api/conversations.ts';
import { createFlowsApi, type FlowsApi } from './api/flows.ts';
import { createNotificationsApi, type NotificationsApi } from './api/notifications.ts';
import { createRoutingApi, type RoutingApi } from './api/routing.ts';
import { createTokensApi, type TokensApi } from './api/tokens.ts';
import { createUsersApi, type UsersApi } from './api/users.ts';
import type { Sharing } from '../domain/sharing.ts';
import { joinSignals } from '../lib/abort.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { silentLog, type Log } from '../lib/log.ts';
import type { Budget } from './budget/budget.ts';
import { createBudget } from './budget/create-budget.ts';
import { resolveHosts, type PlatformHosts } from './hosts.ts';
import type { GenesysConfig } from './options.ts';
import type { RequestEvent } from './request-meter.ts';
import { createForeignRequester, type ForeignRequester } from './request/foreign-requester.ts';
import type { Requester } from './request/platform-request.ts';
import { createRequester } from './request/requester.ts';
import { createTokenSource } from './sign-in/create-token-source.ts';
import type { TokenSource } from './sign-in/token-source.ts';
import { sharedOf } from './sharing.ts';
import { createHttpWire, type HttpWire } from './transport/http-wire.ts';
import type { Wire } from './transport/wire.ts';

export interface GenesysClientOptions {
  /** As `genesysOptionsSchema` parses it. */
  readonly config: GenesysConfig;
  readonly clock?: Clock | undefined;
  /** From 0 up to 1; for the jitter of retries. */
  readonly random?: (() => number) | undefined;
  readonly log?: Log | undefined;
  /** Called after each request; for metrics. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** Told each new refresh token of a sign-in by code; a secret, to be kept like one. */
  readonly onRefreshToken?: ((refreshToken: string) => void) | undefined;
  /** Replaces the configured sign-in. Whoever gives it disposes it. */
  readonly tokens?: TokenSource | undefined;
  /**
   * Replaces the budget of this process: for several clients of one token, or for one that is shared
   * by several instances. Whoever gives it disposes it.
   */
  readonly budget?: Budget | undefined;
  /** Carries the requests in the place of HTTP: in one process with an emulator, for one. */
  readonly wire?: Wire | undefined;
  /**
   * Where several instances on one OAuth client keep the token and the rate window that they share.
   * A sign-in by code shares neither.
   */
  readonly sharing?: Sharing | undefined;
}

/** The platform's API. Dispose it when done: requests in flight end, waits are rejected. */
export interface GenesysClient extends AsyncDisposable {
  readonly hosts: PlatformHosts;
  readonly conversations: ConversationsApi;
  readonly attributes: AttributesApi;
  readonly flows: FlowsApi;
  readonly routing: RoutingApi;
  readonly users: UsersApi;
  readonly notifications: NotificationsApi;
  readonly tokens: TokensApi;
  readonly analytics: AnalyticsApi;
  /** The rate budget that every request passes. */
  readonly budget: Budget;
  /**
   * Obtains the token, unless there is one, so that the first request does not wait for it.
   *
   * @throws {RapportError} `ERR_GENESYS_SIGN_IN_REFUSED`, `ERR_GENESYS_SIGN_IN_UNAVAILABLE`
   */
  readonly signIn: (signal?: AbortSignal) => Promise<void>;
  /** Any other operation; it passes token, budget and retries like the rest. */
  readonly send: Requester['send'];
}

const USER_AGENT = 'rapport-cx';

/**
 * Builds a client; nothing is sent before its first call.
 *
 * @throws {RapportError} `ERR_GENESYS_REGION`, `ERR_GENESYS_URL`
 */
export function createGenesysClient(options: GenesysClientOptions): GenesysClient {
  const { config, clock = systemClock, random = Math.random, log = silentLog } = options;
  const hosts = resolveHosts(config);
  const closing = new AbortController();
  const http = openHttp(config);
  const context = { clock, random, log, wire: options.wire ?? http.send };
  const shared = sharedOf(options.sharing, config.auth, hosts);
  const tokens =
    options.tokens ??
    createTokenSource(config.auth, {
      ...context,
      loginUrl: hosts.loginUrl,
      timeoutMs: config.timeoutMs,
      onRefreshToken: options.onRefreshToken,
      shelf: shared?.shelf,
    });
  const budget =
    options.budget ?? createBudget({ clock, log, ...config.budget, store: shared?.store });
  const way = { ...context, apiUrl: hosts.apiUrl, userAgent: USER_AGENT, closing: closing.signal };
  const requester = createRequester({
    ...way,
    tokens,
    budget,
    retry: config.retry,
    timeoutMs: config.timeoutMs,
    onRequest: options.onRequest,
  });
  return {
    hosts,
    ...createApis(requester, createForeignRequester(way), {
      clock,
      random,
      closing: closing.signal,
    }),
    budget,
    async signIn(signal) {
      using joined = joinSignals(signal, closing.signal);
      await tokens.get(joined.signal);
    },
    send: (request, callOptions) => requester.send(request, callOptions),
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the client is closed'));
      if (options.tokens === undefined) tokens[Symbol.dispose]();
      if (options.budget === undefined) budget[Symbol.dispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

const openHttp = ({ budget, maxAnswerBytes, timeoutMs }: GenesysConfig): HttpWire =>
  createHttpWire({
    connections: budget.maxInFlight,
    maxAnswerBytes,
    connectTimeoutMs: timeoutMs,
  });

type Apis = Omit<
  GenesysClient,
  'hosts' | 'budget' | 'signIn' | 'send' | typeof Symbol.asyncDispose
>;

function createApis(
  requester: Requester,
  foreign: ForeignRequester,
  context: AnalyticsContext,
): Apis {
  return {
    conversations: createConversationsApi(requester),
    attributes: createAttributesApi(requester),
    flows: createFlowsApi(requester),
    routing: createRoutingApi(requester),
    users: createUsersApi(requester, foreign),
    notifications: createNotificationsApi(requester),
    tokens: createTokensApi(requester),
    analytics: createAnalyticsApi(requester, context),
  };
}
