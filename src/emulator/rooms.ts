import type { Clock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { Archive } from './analytics/archive.ts';
import { DEFAULT_ANALYTICS, type AnalyticsSettings } from './analytics/settings.ts';
import { Architect } from './architect/run.ts';
import { DEFAULT_ARCHITECT, type ArchitectSettings } from './architect/step.ts';
import { createChaos, type Chaos } from './chaos/chaos.ts';
import {
  AttributeWriter,
  changeAttributes,
  DEFAULT_ATTRIBUTES,
  type AttributeSettings,
} from './conversations/attributes.ts';
import { DEFAULT_RETENTION, startPurging } from './conversations/purge.ts';
import { Deliveries } from './deliveries/deliveries.ts';
import { RequestLog } from './http/request-log.ts';
import { createRateLimiter, type RateLimiter } from './limits/rate-limiter.ts';
import { Messenger } from './messaging/messenger.ts';
import type { ClientState } from './oauth/clients.ts';
import { CodeStore } from './oauth/code-grant.ts';
import { TokenStore } from './oauth/tokens.ts';
import type { EmulatorOptions } from './options.ts';
import { Channels } from './push/channels.ts';
import { DEFAULT_SEED, plant } from './world/seed.ts';
import { createChance } from './world/seeded.ts';
import { World } from './world/world.ts';

/** Everything that holds state, empty but for the seed's organization. */
export interface Rooms {
  readonly world: World;
  readonly clients: Map<string, ClientState>;
  readonly tokens: TokenStore;
  readonly codes: CodeStore;
  readonly channels: Channels;
  readonly limiter: RateLimiter;
  readonly chaos: Chaos;
  readonly settings: { attributes: AttributeSettings; architect: ArchitectSettings };
  readonly writer: AttributeWriter;
  readonly architect: Architect;
  readonly messenger: Messenger;
  readonly archive: Archive;
  readonly analytics: AnalyticsSettings;
  readonly purging: Disposable;
  readonly deliveries: Deliveries;
  readonly requests: RequestLog;
  readonly plant: () => void;
}

export function createRooms(options: EmulatorOptions, clock: Clock): Rooms {
  const world = new World({ clock, seed: options.seed ?? 1 });
  const clients = new Map<string, ClientState>();
  const seed = { ...DEFAULT_SEED, ...options.organization };
  const settings = {
    attributes: changeAttributes(DEFAULT_ATTRIBUTES, options.attributes),
    architect: { ...DEFAULT_ARCHITECT, ...options.architect },
  };
  const writer = new AttributeWriter(world, () => settings.attributes);
  const architect = new Architect({ world, writer, settings: () => settings.architect });
  const tokens = new TokenStore(world);
  // Of their own, so that an address more does not change the ids of conversations.
  const deliveryIds = createChance((options.seed ?? 1) + 2);
  const analytics = { ...DEFAULT_ANALYTICS, ...options.analytics };
  plant(world, clients, seed);
  return {
    world,
    clients,
    tokens,
    codes: new CodeStore(world, tokens),
    channels: new Channels(world),
    limiter: createRateLimiter(clock, options.limits),
    chaos: createChaos(String(options.seed ?? 1)),
    settings,
    writer,
    architect,
    messenger: new Messenger({ world, architect, writer }),
    archive: new Archive(world, analytics),
    analytics,
    deliveries: new Deliveries(
      { world, log: options.log ?? silentLog, newId: () => deliveryIds.newId() },
      options.deliveries ?? [],
    ),
    purging: startPurging(world, { ...DEFAULT_RETENTION, ...options.retention }),
    requests: new RequestLog(options.requestLogSize),
    plant: () => plant(world, clients, seed),
  };
}
