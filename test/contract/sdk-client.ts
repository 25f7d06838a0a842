import sdk from 'purecloud-platform-client-v2';
import { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET } from '../../src/emulator/index.ts';

/** Prefixes as a gateway in front of the platform has them; the emulator does without. */
interface Prefixes {
  readonly login?: string;
  readonly api?: string;
}

/** The official SDK, pointed at an emulator the way its README says: by `setGateway`. */
export class SdkClient {
  readonly api: InstanceType<typeof sdk.ApiClientClass> = new sdk.ApiClientClass();
  readonly conversations: InstanceType<typeof sdk.ConversationsApi>;
  readonly architect: InstanceType<typeof sdk.ArchitectApi>;
  readonly routing: InstanceType<typeof sdk.RoutingApi>;
  readonly notifications: InstanceType<typeof sdk.NotificationsApi>;
  readonly tokens: InstanceType<typeof sdk.TokensApi>;
  readonly users: InstanceType<typeof sdk.UsersApi>;
  readonly organization: InstanceType<typeof sdk.OrganizationApi>;
  readonly analytics: InstanceType<typeof sdk.AnalyticsApi>;

  constructor(emulator: { readonly port: number }, prefixes: Prefixes = {}) {
    // Else the SDK would read and watch a file in the home folder of whoever runs the tests.
    this.api.config.live_reload_config = false;
    this.api.config.configPath = '';
    this.api.setGateway({
      host: '127.0.0.1',
      protocol: 'http',
      port: emulator.port,
      path_params_login: prefixes.login ?? '',
      path_params_api: prefixes.api ?? '',
    });
    this.conversations = new sdk.ConversationsApi(this.api);
    this.architect = new sdk.ArchitectApi(this.api);
    this.routing = new sdk.RoutingApi(this.api);
    this.notifications = new sdk.NotificationsApi(this.api);
    this.tokens = new sdk.TokensApi(this.api);
    this.users = new sdk.UsersApi(this.api);
    this.organization = new sdk.OrganizationApi(this.api);
    this.analytics = new sdk.AnalyticsApi(this.api);
  }

  async signIn(
    id: string = DEFAULT_CLIENT_ID,
    secret: string = DEFAULT_CLIENT_SECRET,
  ): Promise<this> {
    await this.api.loginClientCredentialsGrant(id, secret);
    return this;
  }

  /** Any operation, also one that the SDK has no method for. */
  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.api.callApi(
      path,
      method,
      {},
      {},
      {},
      {},
      body,
      ['PureCloud OAuth'],
      ['application/json'],
      ['application/json'],
    );
  }
}

/** What a call to the SDK is rejected with: the body of the error, or all of the answer if extended. */
export function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (answer) => {
      throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
    },
    (error: unknown) => error,
  );
}
