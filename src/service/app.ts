import type { RapportConfig } from '../config/schema.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { BeatTiming } from '../engine/instance.ts';
import type { OnProgress } from '../engine/progress.ts';
import type { GenesysClient } from '../genesys/client.ts';
import type { RequestEvent } from '../genesys/request-meter.ts';
import type { ListeningPost } from '../intake/listening/listening-post.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { OpenLedgerOptions } from '../ledger/open-ledger.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { ReloadReport } from './http/rooms.ts';
import { MetricRecorder } from './metrics/recorder.ts';
import { GapReports } from './listening/gap-reports.ts';
import { openAccess } from './wiring/access.ts';
import { startEngine } from './wiring/engine.ts';
import { openHttp } from './wiring/http.ts';
import { openInlets } from './wiring/inlets.ts';
import { openFollowing } from './wiring/following.ts';
import { openRooms } from './wiring/rooms.ts';

/** What the service takes from the world around it. */
export interface ServiceParts {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Of this package; the description of the HTTP interface names it. */
  readonly version?: string | undefined;
  /** Reads the configuration again, for a reload. @throws {ConfigError} with every problem */
  readonly loadConfig?: (() => RapportConfig) | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** Opens the ledger that the configuration names. @defaultValue `openLedger` */
  readonly openLedger?: ((options: OpenLedgerOptions) => Promise<Ledger>) | undefined;
  /** How instances on one ledger tell that they live. @defaultValue 2 s, believed for 8 s */
  readonly beatTiming?: BeatTiming | undefined;
}

/** A running service. Disposing it stops the inlets, finishes or hands back what is under way, and closes. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  /** The API key when none was configured; to be told once. */
  readonly generatedKey: string | undefined;
  readonly ledger: Ledger;
  readonly client: GenesysClient;
  /**
   * Resolves once the service is signed in and all queues and users are listened to for the first time,
   * which takes as long as the platform is away. Rejects with what makes it impossible: a name that
   * nobody has, a refused sign-in.
   */
  readonly live: Promise<void>;
  /**
   * Reads the configuration again and puts in force what needs no restart, on all instances.
   *
   * @throws {ConfigError} with every problem; nothing has changed then
   */
  readonly reload: () => Promise<ReloadReport>;
}

/**
 * Wires the rooms together and starts them, from the ledger outwards; inlets come last, so that
 * nothing is accepted before it can be worked on. Whatever was started is stopped in reverse.
 * Requests are taken from then on, whether or not the platform can be reached; see `live`.
 *
 * @throws {RapportError} what a room says that cannot start: configuration, store, port
 */
export async function startService(config: RapportConfig, parts: ServiceParts): Promise<Service> {
  await using stack = new AsyncDisposableStack();
  const metrics = new MetricRecorder();
  const gaps = new GapReports((report, before) => metrics.gapLooked(report, before));
  const metered: ServiceParts = {
    ...parts,
    onProgress: (progress) => {
      metrics.progress(progress);
      parts.onProgress?.(progress);
    },
    onRequest: (event) => {
      metrics.platformRequest(event);
      parts.onRequest?.(event);
    },
  };
  const rooms = await openRooms(config, metered, stack);
  const access = openAccess(config, {
    clock: parts.clock,
    installationKey: rooms.ledger.installationKey,
    notes: rooms.ledger.notes,
  });
  // Turns ask once frames flow; what the ledger took back at the start may run a little earlier.
  const coverage: { post: ListeningPost | undefined } = { post: undefined };
  const isCovered = (id: ConversationId): boolean => coverage.post?.isCovered(id) ?? false;
  const engine = await startEngine(config, metered, { ...rooms, stack, isCovered });
  const following = openFollowing(config, parts, { ...rooms, ...engine, access, stack });
  const inlets = await openInlets(config, parts, { ...rooms, ...engine, gaps, stack });
  coverage.post = inlets.post;
  const { url } = await openHttp(config, parts, {
    ...rooms,
    ...engine,
    access,
    ...inlets,
    metrics,
    gaps,
    ...following,
    stack,
  });
  const started = stack.move();
  return {
    url,
    generatedKey: access.generatedKey,
    ledger: rooms.ledger,
    client: rooms.client,
    live: inlets.listening.live,
    reload: following.reload,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
