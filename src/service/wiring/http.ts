import type { RapportConfig } from '../../config/schema.ts';
import { createFeed } from '../../feed/create-feed.ts';
import type { ListeningPost } from '../../intake/listening/listening-post.ts';
import type { ServiceParts } from '../app.ts';
import { startHttpServer, type HttpServer } from '../http/server.ts';
import type { Inlet } from '../inlet.ts';
import { createLookup } from '../lookup.ts';
import type { Metrics } from '../metrics.ts';
import type { Access } from './access.ts';
import type { Engine } from './engine.ts';
import { createHttpRooms } from './http-rooms.ts';
import { measureLedger, measureProcess } from './metric-sources.ts';
import type { Rooms } from './rooms.ts';

export interface HttpParts extends Rooms, Engine {
  readonly access: Access;
  readonly inlet: Inlet;
  readonly post: ListeningPost;
  readonly metrics: Metrics;
  readonly stack: AsyncDisposableStack;
}

/** Opens the HTTP interface over the rooms; it closes first, its streams before it. */
export async function openHttp(
  { service, listen }: RapportConfig,
  { clock, log, version }: ServiceParts,
  parts: HttpParts,
): Promise<HttpServer> {
  const { stack, ledger, post, newId, metrics, enrichDeps } = parts;
  const closing = new AbortController();
  const feed = stack.use(createFeed({ source: ledger, clock, log, epoch: newId() }));
  stack.defer(ledger.onErasure(({ conversations }) => feed.forget(conversations)));
  const process = (): Readonly<Record<string, number>> => measureProcess({ ...parts, feed });
  const rooms = createHttpRooms({
    ...parts,
    clock,
    feed,
    webhook: listen.webhook,
    lookup: createLookup({ enrich: enrichDeps, clock, newId }, closing.signal),
    unreadiness: () => (post.isLive ? [] : ['notification channel']),
    stats: process,
    metrics: async () => metrics.render({ ...(await measureLedger(ledger)), ...process() }),
  });
  const { host, port } = service;
  const server = stack.use(
    await startHttpServer({ host, port, log, rooms, version, limits: service }),
  );
  stack.defer(() => closing.abort(new Error('the service is stopping')));
  return server;
}
