import type { RapportConfig } from '../../config/schema.ts';
import { createFeed } from '../../feed/create-feed.ts';
import type { ListeningPost } from '../../intake/listening/listening-post.ts';
import type { ServiceParts } from '../app.ts';
import type { ReloadReport } from '../http/rooms.ts';
import { createContextReader } from '../context.ts';
import { startHttpServer, type HttpServer } from '../http/server.ts';
import type { Inlet } from '../inlet.ts';
import { createLookup } from '../lookup.ts';
import type { MetricRecorder } from '../metrics/recorder.ts';
import { samplesOf, stateOf, type ProcessState } from '../metrics/samples.ts';
import type { Access } from './access.ts';
import type { Engine } from './engine.ts';
import { createHttpRooms } from './http-rooms.ts';
import { openAgents, openAttendance } from './agents.ts';
import type { GapReports } from '../listening/gap-reports.ts';
import type { Listening } from '../listening/listening.ts';
import type { NoteWatch } from '../reload/note-watch.ts';
import { createConversationReader } from './read-conversation.ts';
import type { Rooms } from './rooms.ts';

export interface HttpParts extends Rooms, Engine {
  readonly access: Access;
  readonly inlet: Inlet;
  readonly post: ListeningPost;
  readonly listening: Pick<Listening, 'missing'>;
  readonly metrics: MetricRecorder;
  readonly gaps: GapReports;
  readonly reload: () => Promise<ReloadReport>;
  readonly watch: Pick<NoteWatch, 'tell'>;
  readonly stack: AsyncDisposableStack;
}

/** Opens the HTTP interface over the rooms; it closes first, its streams before it. */
export async function openHttp(
  { service, listen }: RapportConfig,
  { clock, log, version }: ServiceParts,
  parts: HttpParts,
): Promise<HttpServer> {
  const { stack, ledger, newId, metrics, gaps, mapping, client } = parts;
  const startedAt = clock.wallMs();
  const closing = new AbortController();
  const feed = stack.use(createFeed({ source: ledger, clock, log, epoch: newId() }));
  stack.defer(ledger.onErasure(({ conversations }) => feed.forget(conversations)));
  parts.access.onReplaced(() => feed.beat());
  const state = (): ProcessState => stateOf({ ...parts, feed });
  const rooms = createHttpRooms({
    ...parts,
    clock,
    feed,
    agents: openAgents({ client, clock }),
    attendance: openAttendance({ client, clock }),
    webhook: listen.webhook,
    lookup: createLookup(
      {
        enrich: () => mapping.enrich,
        readConversation: (id, call) => client.conversations.get(id, { ...call, lane: 'live' }),
        clock,
        newId,
      },
      closing.signal,
    ),
    readContext: createContextReader({
      ledger,
      values: parts.values,
      readConversation: createConversationReader(client),
      clock,
    }),
    unreadiness: () => unreadiness(parts),
    stats: () => ({ startedAt, ...state(), gaps: gaps.latest }),
    metrics: async () => metrics.render(samplesOf(state(), await ledger.stats(), clock)),
    onAnswered: (operation, status, ms) => metrics.httpAnswered(operation, status, ms),
  });
  const { host, port } = service;
  const server = stack.use(
    await startHttpServer({ host, port, log, rooms, version, limits: service }),
  );
  stack.defer(() => closing.abort(new Error('the service is stopping')));
  return server;
}

function unreadiness({
  listening,
  ledger,
}: Pick<HttpParts, 'listening' | 'ledger'>): readonly string[] {
  const { trouble } = ledger.health;
  return [listening.missing, trouble && `ledger: ${trouble}`].filter(
    (missing) => missing !== undefined,
  );
}
