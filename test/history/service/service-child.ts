/*
 * The whole service as a process of its own: what `rapport serve` runs, with its clock, its leases
 * and its ledger's transactions watched, until it is told to stop or killed.
 */
import { configSchema } from '../../../src/config/schema.ts';
import type { Log } from '../../../src/lib/log.ts';
import { startService } from '../../../src/service/app.ts';
import { ChildSide } from '../child-side.ts';
import type { HistoryEvent } from '../history.ts';
import { sharedClock } from '../shared-clock.ts';
import { sharedNow } from '../watched.ts';
import { watchRequests } from './watch-requests.ts';
import type { LogLine, ServiceSetup } from '../wire.ts';

const setup = JSON.parse(process.argv[2] ?? '{}') as ServiceSetup;
const { instance } = setup;
const side = new ChildSide(setup);

/** The fence under which this process was last given each conversation. */
const fences = new Map<string, number>();
side.onEvent = (event: HistoryEvent) => {
  if (event.kind === 'began') fences.set(event.conversationId, event.fence);
};

watchRequests({
  instance,
  peers: setup.peers,
  onLeaves(what, conversationId) {
    side.pass(`${what}.leaves`);
    if (conversationId === undefined) return;
    const fence = fences.get(conversationId) ?? 0;
    side.tellEvent({ kind: 'sent', instance, conversationId, fence, at: sharedNow() });
  },
  onAnswered: (what) => side.pass(`${what}.answered`),
});

const write =
  (level: LogLine['level']): Log['info'] =>
  (event, fields = {}) =>
    side.tell({ kind: 'log', level, event, fields });
const log: Log = { debug() {}, info: write('info'), warn: write('warn'), error: write('error') };

const service = await startService(configSchema.parse(setup.config), {
  clock: sharedClock(setup.clock),
  random: Math.random,
  log,
  beatTiming: setup.timing,
  openLedger: (options) => side.openLedger(options),
});
await service.live;
side.tell({ kind: 'ready', url: service.url });
for await (const order of side.orders()) {
  throw new Error(`a service is asked over HTTP, not by ${order.kind}`);
}
await service[Symbol.asyncDispose]();
process.exit(0);
