import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { json, silence, startCrmServer, type CrmServer } from '../../test/support/crm-server.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { anOutcome, aRequest, conversationId, openInMemory } from '../ledger/ledger.fixture.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { OutboxMessage } from '../ledger/outbox/outbox.ts';
import { startDelivery, type Delivery, type DeliveryDeps } from './delivery.ts';
import { destinationOptionsSchema } from './options.ts';

const MINUTE = 60_000;
const never = new AbortController().signal;

interface Stage extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly ledger: Ledger;
  readonly sink: CrmServer;
  /** Settles a turn of a conversation that leaves messages for a destination. */
  write(conversation: string, bodies: readonly unknown[], destination?: string): Promise<void>;
  start(options?: Record<string, unknown>, more?: Record<string, CrmServer>): Delivery;
  /** Waits until everything that could be sent by now has been. */
  settled(delivery: Delivery): Promise<void>;
  list(destination?: string): Promise<readonly OutboxMessage[]>;
}

/** The real ledger in memory, a real server as the sink, and a clock that a test moves. */
async function stage(startMs?: number): Promise<Stage> {
  const clock = new ManualClock(startMs);
  const ledger = await openInMemory(clock, { random: () => 0.5 });
  const sink = await startCrmServer(json(200, {}));
  const started: Delivery[] = [];
  return {
    clock,
    ledger,
    sink,
    async write(conversation, bodies, destination = 'analytics') {
      await ledger.accept([aRequest({ conversationId: conversationId(conversation) })]);
      const { claims } = await ledger.claim(100);
      for (const claim of claims) {
        const outbox = bodies.map((body) => ({
          destination,
          type: 'conversation.attributes.enriched',
          body,
          traceId: claim.requests[0]?.traceId,
        }));
        await ledger.settle(claim, { outcome: anOutcome(claim), outbox });
      }
    },
    start(options = {}, more = {}) {
      const sinks = Object.entries({ analytics: sink, ...more });
      const destinations = sinks.map(([name, { url }]) => [
        name,
        destinationOptionsSchema.parse({ url: `${url}/hook`, ...options }),
      ]);
      const delivery = startDelivery(Object.fromEntries(destinations), {
        clock,
        random: () => 0,
        outbox: ledger.outbox,
      });
      started.push(delivery);
      return delivery;
    },
    async settled(delivery) {
      await delivery.drain({ timeoutMs: 0, signal: never });
    },
    async list(destination) {
      const messages = await ledger.outbox.list({ destination });
      return messages.toSorted((a, b) => placeOf(a).localeCompare(placeOf(b)));
    },
    async [Symbol.asyncDispose]() {
      for (const delivery of started) {
        const stopped = delivery[Symbol.asyncDispose]();
        // A sink that keeps silent is waited for by this clock.
        await clock.advance(5000);
        await stopped;
      }
      await ledger[Symbol.asyncDispose]();
      await sink[Symbol.asyncDispose]();
    },
  };
}

/** Ids of one millisecond have no order; conversation and content do. */
const placeOf = ({ conversationId: id, body }: OutboxMessage): string => `${id} ${body}`;

const bodies = (sink: CrmServer): unknown[] =>
  sink.requests.map(({ body }) => JSON.parse(body) as unknown);

describe('startDelivery', () => {
  it('posts what a turn left behind, signed for every secret, with the trace id', async () => {
    await using s = await stage(Date.now());
    const secrets = [
      'whsec_bmV3IHNlY3JldCBvZiBzb21lIGxlbmd0aA==',
      'whsec_b2xkIHNlY3JldCBvZiBzb21lIGxlbmd0aA==',
    ];
    const delivery = s.start({ secret: secrets, headers: { authorization: 'Bearer t' } });
    await s.write('c1', [{ eventType: 'x', n: 1 }]);
    expect(await delivery.drain({ timeoutMs: 1000, signal: never })).toBe(true);
    const [request] = s.sink.requests;
    const [message] = await s.list();
    expect(request).toMatchObject({ method: 'POST', target: '/hook' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer t',
      'webhook-id': message?.id,
      'x-trace-id': message?.traceId,
    });
    for (const secret of secrets) {
      const headers = request?.headers as Record<string, string>;
      expect(new Webhook(secret).verify(request?.body ?? '', headers)).toEqual({
        eventType: 'x',
        n: 1,
      });
    }
    expect(message).toMatchObject({ state: 'sent', lastStatus: '200', attempts: 1 });
  });

  it('tries again for days, with the same id, and then sets the message aside', async () => {
    await using s = await stage();
    s.sink.respond = json(500, {});
    await s.write('c1', [{ n: 1 }]);
    const startMs = s.clock.wallMs();
    const triedAfterMs: number[] = [];
    for (let waitMs: number | undefined = 0; waitMs !== undefined;) {
      await s.clock.advance(waitMs);
      triedAfterMs.push(s.clock.wallMs() - startMs);
      // A process of its own for each attempt: the schedule outlives them.
      await using delivery = s.start();
      await s.settled(delivery);
      const [message] = await s.list();
      waitMs = message?.state === 'waiting' ? message.nextAt - s.clock.wallMs() : undefined;
    }
    const minutes = [0, 1 / 12, 5, 30, 120, 300, 600, 840, 1200, 1440];
    let sum = 0;
    expect(triedAfterMs).toEqual(minutes.map((each) => (sum += each * MINUTE)));
    expect(new Set(s.sink.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await s.list()).toMatchObject([{ state: 'dead', lastStatus: '500, 10 attempts' }]);
  });

  it('waits as long as the receiver asks for', async () => {
    await using s = await stage();
    s.sink.respond = json(429, {}, { 'retry-after': '120' });
    const delivery = s.start();
    await s.write('c1', [{ n: 1 }]);
    await s.settled(delivery);
    const [message] = await s.list();
    expect((message?.nextAt ?? 0) - s.clock.wallMs()).toBe(120_000);
  });

  it('gives nothing up within seconds because the receiver asks to be asked soon', async () => {
    await using s = await stage();
    s.sink.respond = json(429, {}, { 'retry-after': '1' });
    await s.write('c1', [{ n: 1 }]);
    for (let attempt = 1; attempt <= 12; attempt++) {
      await s.clock.advance(1000);
      // A process of its own for each attempt, which knows nothing of how the last ones went.
      await using delivery = s.start();
      await s.settled(delivery);
    }
    expect(await s.list()).toMatchObject([{ state: 'waiting', attempts: 12 }]);
  });

  it('keeps the order of a conversation, and holds up no other one', async () => {
    await using s = await stage();
    s.sink.respond = (request, response) => {
      const isFirst = request.body === '{"c":1,"n":1}' && s.sink.requests.length < 4;
      json(isFirst ? 503 : 200, {})(request, response);
    };
    const delivery = s.start();
    await s.write('c1', [
      { c: 1, n: 1 },
      { c: 1, n: 2 },
    ]);
    await s.settled(delivery);
    await s.write('c2', [{ c: 2, n: 1 }]);
    await s.sink.arrivals(2);
    await s.settled(delivery);
    expect(bodies(s.sink)).toEqual([
      { c: 1, n: 1 },
      { c: 2, n: 1 },
    ]);
    s.sink.respond = json(200, {});
    await s.clock.advance(5000);
    await s.sink.arrivals(4);
    await s.settled(delivery);
    expect(bodies(s.sink).slice(2)).toEqual([
      { c: 1, n: 1 },
      { c: 1, n: 2 },
    ]);
  });

  it('lets a dead destination hold back nothing of another one', async () => {
    await using s = await stage();
    await using dead = await startCrmServer(silence);
    const delivery = s.start({ concurrent: 2 }, { dead });
    for (let i = 0; i < 10; i += 1) await s.write(`d${i}`, [{ i }], 'dead');
    await dead.arrivals(2);
    for (let i = 0; i < 10; i += 1) await s.write(`a${i}`, [{ i }]);
    await s.sink.arrivals(10);
    expect(dead.requests).toHaveLength(2);
    expect(delivery.states().get('dead')).toMatchObject({ inFlight: 2, sent: 0 });
  });

  it('leaves a failing destination alone, spends hardly an attempt on it, and probes it with one message', async () => {
    await using s = await stage();
    s.sink.respond = json(503, {});
    const delivery = s.start({ concurrent: 2 });
    for (let i = 0; i < 20; i += 1) await s.write(`c${i}`, [{ i }]);
    await s.settled(delivery);
    const tried = s.sink.requests.length;
    expect(tried).toBeLessThanOrEqual(6);
    expect(delivery.states().get('analytics')).toMatchObject({ breaker: 'open', failed: tried });
    const untouched = (await s.list()).filter(({ attempts }) => attempts === 0);
    // Those that were claimed in the moment in which it opened are put back, one for each place.
    expect(untouched.length).toBeGreaterThanOrEqual(20 - tried - 2);
    await s.clock.advance(5000);
    await s.sink.arrivals(tried + 1);
    await s.settled(delivery);
    expect(s.sink.requests).toHaveLength(tried + 1);
    s.sink.respond = json(200, {});
    await s.clock.advance(10_000);
    await s.sink.arrivals(20);
    await s.settled(delivery);
    expect(delivery.states().get('analytics')).toMatchObject({ breaker: 'closed' });
    expect((await s.list()).filter(({ attempts }) => attempts > 2)).toEqual([]);
  });

  it('does not take a message that is refused for a destination that fails', async () => {
    await using s = await stage();
    s.sink.respond = json(422, {});
    const delivery = s.start();
    for (let i = 0; i < 20; i += 1) await s.write(`c${i}`, [{ i }]);
    await s.settled(delivery);
    expect(s.sink.requests).toHaveLength(20);
    expect(delivery.states().get('analytics')).toMatchObject({ breaker: 'closed', failed: 20 });
  });

  it('gives up a silent receiver after 15 seconds of its clock', async () => {
    await using s = await stage();
    s.sink.respond = silence;
    const delivery = s.start();
    await s.write('c1', [{ n: 1 }]);
    await s.sink.arrivals(1);
    await s.clock.advance(15_000);
    await s.settled(delivery);
    expect(await s.list()).toMatchObject([{ state: 'waiting', lastStatus: 'timeout' }]);
  });

  it('never follows a redirect', async () => {
    await using s = await stage();
    await using elsewhere = await startCrmServer();
    s.sink.respond = json(307, {}, { location: `${elsewhere.url}/hook` });
    const delivery = s.start();
    await s.write('c1', [{ n: 1 }]);
    await s.settled(delivery);
    expect(elsewhere.requests).toEqual([]);
    expect(await s.list()).toMatchObject([{ lastStatus: '307 redirect refused' }]);
  });

  it('names a receiver that cannot be reached', async () => {
    await using s = await stage();
    const delivery = s.start();
    await s.sink[Symbol.asyncDispose]();
    await s.write('c1', [{ n: 1 }]);
    await s.settled(delivery);
    expect(await s.list()).toMatchObject([{ state: 'waiting', lastStatus: 'ECONNREFUSED' }]);
  });

  it('stops posting to one that is gone, sets its messages aside, and sends them when replayed', async () => {
    await using s = await stage();
    s.sink.respond = json(410, {});
    const delivery = s.start();
    await s.write('c1', [{ n: 1 }, { n: 2 }]);
    await s.settled(delivery);
    expect(delivery.states().get('analytics')).toMatchObject({ kind: 'disabled', dead: 2 });
    expect(s.sink.requests).toHaveLength(1);
    expect(await s.list()).toMatchObject([
      { state: 'dead', lastStatus: '410 gone' },
      { state: 'dead', lastStatus: 'disabled: 410 gone' },
    ]);
    s.sink.respond = json(200, {});
    expect(delivery.enable('analytics')).toBe(true);
    for (const { id } of await s.list()) await s.ledger.outbox.replay(id);
    expect(await delivery.drain({ timeoutMs: 1000, signal: never })).toBe(true);
    expect((await s.list()).map(({ state }) => state)).toEqual(['sent', 'sent']);
  });

  it('sends what an earlier process left', async () => {
    await using s = await stage();
    await s.write('c1', [{ n: 1 }]);
    const delivery = s.start();
    expect(await delivery.drain({ timeoutMs: 1000, signal: never })).toBe(true);
    expect(bodies(s.sink)).toEqual([{ n: 1 }]);
  });
});

describe('drain', () => {
  it('waits for a retry that falls into its time', async () => {
    await using s = await stage();
    s.sink.respond = (request, response) =>
      json(s.sink.requests.length === 1 ? 503 : 200, {})(request, response);
    const delivery = s.start();
    await s.write('c1', [{ n: 1 }]);
    await s.settled(delivery);
    const drained = delivery.drain({ timeoutMs: 10_000, signal: never });
    await s.clock.advance(5000);
    expect(await drained).toBe(true);
  });

  it('ends in time when the receiver does not answer, and says that something is left', async () => {
    await using s = await stage();
    s.sink.respond = silence;
    const delivery = s.start();
    await s.write('c1', [{ n: 1 }]);
    await s.sink.arrivals(1);
    const drained = delivery.drain({ timeoutMs: 3000, signal: never });
    await s.clock.advance(3000);
    expect(await drained).toBe(false);
  });

  it('rejects with the reason of whoever gives it up', async () => {
    await using s = await stage();
    s.sink.respond = silence;
    const delivery = s.start();
    await s.write('c1', [{ n: 1 }]);
    await s.sink.arrivals(1);
    const controller = new AbortController();
    const drained = delivery.drain({ timeoutMs: 3000, signal: controller.signal });
    controller.abort(new Error('interrupted'));
    await expect(drained).rejects.toThrow('interrupted');
  });
});

describe('shutdown', () => {
  it('lets a post finish that is on its way, and claims no more', async () => {
    await using s = await stage();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    s.sink.respond = (request, response) => {
      void answered.then(() => json(200, {})(request, response));
    };
    const delivery = s.start({ concurrent: 1 });
    await s.write('c1', [{ n: 1 }]);
    await s.sink.arrivals(1);
    await s.write('c2', [{ n: 2 }]);
    const stopped = delivery[Symbol.asyncDispose]();
    answer();
    await stopped;
    expect((await s.list()).map(({ state }) => state)).toEqual(['sent', 'waiting']);
    expect(s.clock.pendingTimers).toBe(0);
  });

  it('gives back what does not finish within the grace, to be sent by the next process', async () => {
    await using s = await stage();
    s.sink.respond = silence;
    const first = s.start();
    await s.write('c1', [{ n: 1 }]);
    await s.sink.arrivals(1);
    const stopped = first[Symbol.asyncDispose]();
    await s.clock.advance(5000);
    await stopped;
    expect(await s.list()).toMatchObject([{ state: 'waiting', lastStatus: 'handed back' }]);
    expect(s.clock.pendingTimers).toBe(0);
    s.sink.respond = json(200, {});
    const second = s.start();
    expect(await second.drain({ timeoutMs: 1000, signal: never })).toBe(true);
  });
});

describe('a store that fails', () => {
  it('is tried again, and a message is not lost', async () => {
    await using s = await stage();
    let failures = 3;
    const flaky = {
      ...s.ledger.outbox,
      onWaiting: (listener: () => void) => s.ledger.outbox.onWaiting(listener),
      claim: async (max: number, destination?: string) => {
        if (failures-- > 0) throw new Error('disk full');
        return s.ledger.outbox.claim(max, destination);
      },
      settle: s.ledger.outbox.settle.bind(s.ledger.outbox),
    };
    await s.write('c1', [{ n: 1 }]);
    const url = `${s.sink.url}/hook`;
    await using delivery = startDelivery(
      { analytics: destinationOptionsSchema.parse({ url }) },
      { clock: s.clock, random: () => 0, outbox: flaky },
    );
    const drained = delivery.drain({ timeoutMs: MINUTE, signal: never });
    await s.clock.advance(2000);
    expect(await drained).toBe(true);
    expect(bodies(s.sink)).toEqual([{ n: 1 }]);
  });

  it('is told what became of a message for as long as it takes, and the message is sent once', async () => {
    await using s = await stage();
    let failures = 20;
    const { promise: refused, resolve: refuse } = Promise.withResolvers<void>();
    const outbox = flakyOutbox(s.ledger, () => {
      refuse();
      return failures-- > 0;
    });
    await s.write('c1', [{ n: 1 }]);
    await using delivery = deliveryOver(s, outbox);
    await refused;
    for (let tries = 0; tries < 20; tries += 1) await s.clock.advance(30_000);
    await s.settled(delivery);
    expect(await s.list()).toMatchObject([{ state: 'sent', attempts: 1 }]);
    expect(s.sink.requests).toHaveLength(1);
  });

  it('leaves a message to the next start when the service stops before the store is back', async () => {
    await using s = await stage();
    await s.write('c1', [{ n: 1 }]);
    const delivery = deliveryOver(
      s,
      flakyOutbox(s.ledger, () => true),
    );
    await s.sink.arrivals(1);
    const stopped = delivery[Symbol.asyncDispose]();
    await s.clock.advance(5_000);
    await stopped;
    expect(s.clock.pendingTimers).toBe(0);
    expect(await s.list()).toMatchObject([{ state: 'sending' }]);
  });
});

/** The ledger's outbox, whose `settle` fails while it is told to. */
function flakyOutbox({ outbox }: Ledger, fails: () => boolean): DeliveryDeps['outbox'] {
  return {
    claim: (max, destination) => outbox.claim(max, destination),
    onWaiting: (listener) => outbox.onWaiting(listener),
    settle: async (id, sending) => {
      if (fails()) throw new Error('disk full');
      return outbox.settle(id, sending);
    },
  };
}

function deliveryOver({ sink, clock }: Stage, outbox: DeliveryDeps['outbox']): Delivery {
  const destination = destinationOptionsSchema.parse({ url: `${sink.url}/hook` });
  return startDelivery({ analytics: destination }, { clock, random: () => 0, outbox });
}
