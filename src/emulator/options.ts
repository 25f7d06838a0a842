import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { AnalyticsSettings } from './analytics/settings.ts';
import type { ArchitectSettings } from './architect/step.ts';
import type { AttributeChange } from './conversations/attributes.ts';
import type { RetentionSettings } from './conversations/purge.ts';
import type { DeliverySettings } from './deliveries/settings.ts';
import type { Exchange } from './http/request-log.ts';
import type { LimitChange } from './limits/settings.ts';
import type { Seed } from './world/seed.ts';

export type EmulatorProfile = 'platform' | 'tutorials';

/** How to start the emulator. Everything has a default. */
export interface EmulatorOptions {
  /** Address to listen on. @defaultValue `'127.0.0.1'` */
  readonly host?: string | undefined;
  /** Port to listen on, 0 to 65535; 0 takes any free one. @defaultValue `0` */
  readonly port?: number | undefined;
  /**
   * The time of tokens, channels, lags, heartbeats, windows and faults alike: the machine's, a
   * scaled one, or a manual one that stands until it is advanced. @defaultValue the machine's
   */
  readonly clock?: Clock | undefined;
  /** Where ids and dice come from; the same seed and calls give the same ids. @defaultValue `1` */
  readonly seed?: number | undefined;
  /**
   * `platform`: what the contract says. `tutorials`: over that, the paths, grants and scopes that
   * public tutorials use and the platform does not have, with the semantics they describe.
   * @defaultValue `'platform'`
   */
  readonly profile?: EmulatorProfile | undefined;
  /** What the organization holds; members that are given replace the default's. */
  readonly organization?: Partial<Seed> | undefined;
  readonly attributes?: AttributeChange | undefined;
  readonly architect?: Partial<ArchitectSettings> | undefined;
  readonly analytics?: Partial<AnalyticsSettings> | undefined;
  readonly retention?: Partial<RetentionSettings> | undefined;
  /** Where events go by HTTP. @defaultValue nowhere */
  readonly deliveries?: readonly DeliverySettings[] | undefined;
  /** Rate limits. @defaultValue those the platform publishes: 300 a minute per token */
  readonly limits?: LimitChange | undefined;
  /** Time between heartbeats on a notification socket, in milliseconds. @defaultValue `30_000` */
  readonly heartbeatMs?: number | undefined;
  /** How many requests the log keeps. @defaultValue `5_000` */
  readonly requestLogSize?: number | undefined;
  /** @defaultValue silent */
  readonly log?: Log | undefined;
  /** Told of every request to the platform's API and sign-in, once it is answered. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
}
