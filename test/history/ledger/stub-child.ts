/*
 * A process that takes requests and works on them with stubs of turns, until it is told to stop or
 * killed. It is told by lines of JSON on its standard input, and tells everything that happens to
 * it on its standard output.
 */
import { Acceptor } from '../../../src/engine/accept.ts';
import { startInstance } from '../../../src/engine/instance.ts';
import { openGate } from '../../../src/engine/work-gate.ts';
import { startWorker } from '../../../src/engine/worker.ts';
import { sleep, systemClock } from '../../../src/lib/clock.ts';
import { createIdSource } from '../../../src/lib/ids.ts';
import { silentLog } from '../../../src/lib/log.ts';
import type { EnrichmentRequest } from '../../../src/domain/request.ts';
import { ChildSide } from '../child-side.ts';
import { createStubPlatform } from './stub-platform.ts';
import { stubTurn } from './stub-turn.ts';
import { sharedNow } from '../watched.ts';
import type { StubSetup } from '../wire.ts';

const setup = JSON.parse(process.argv[2] ?? '{}') as StubSetup;
const { instance: name, token, customers } = setup;
const side = new ChildSide(setup);
const ledger = await side.openLedger({
  store: setup.store,
  clock: systemClock,
  newId: createIdSource(systemClock),
  random: Math.random,
});
const parts = { ledger, clock: systemClock, log: silentLog };
const instance = await startInstance({ ...parts, timing: setup.timing });
const platform = createStubPlatform({ apiUrl: setup.platform, token, instance: name, customers });
const hooks = {
  began: () => side.pass('turn.began'),
  beforeWrite({ conversationId, fence }: { conversationId: string; fence: number }) {
    side.pass('turn.beforeWrite');
    side.tellEvent({ kind: 'sent', instance: name, conversationId, fence, at: sharedNow() });
  },
  afterWrite: () => side.pass('turn.afterWrite'),
};
const worker = startWorker({
  ...parts,
  gate: openGate,
  run: stubTurn(platform, hooks, (ms) => sleep(systemClock, ms)),
  lease: () => instance.lease(),
  random: Math.random,
  pollMs: 200,
});
// Both ways to a turn: claimed as it is accepted, and claimed from the line.
let taken = 0;
const acceptor = new Acceptor({
  ledger,
  clock: systemClock,
  reserve: (request) => (++taken % 2 === 0 ? worker.reserve(request) : undefined),
});
side.tell({ kind: 'ready' });

async function accept(requests: readonly EnrichmentRequest[]): Promise<void> {
  try {
    const accepted = await acceptor.accept(requests);
    accepted.forEach(({ id: answered }, i) => {
      const request = requests[i];
      if (request === undefined) return;
      const { conversationId, dedupeKey } = request;
      side.tellEvent({ kind: 'acknowledged', answered, conversationId, dedupeKey });
    });
    side.pass('accept.told');
  } catch (error) {
    const dedupeKeys = requests.map((request) => request.dedupeKey);
    side.tell({ kind: 'refused', dedupeKeys, reason: String(error) });
  }
}

for await (const order of side.orders()) {
  if (order.kind === 'accept') void accept(order.requests);
  else {
    void ledger.stats().then(
      ({ phases, openRequests }) =>
        side.tell({ kind: 'stats', working: phases.due + phases.leased, openRequests }),
      // As good as busy: the store is away.
      () => side.tell({ kind: 'stats', working: 1, openRequests: 1 }),
    );
  }
}
await worker.stop(5_000);
await instance[Symbol.asyncDispose]();
await ledger[Symbol.asyncDispose]();
process.exit(0);
