import { describe, expect, it } from 'vitest';
import { anInboundCall } from '../../test/fixtures/enrichment.ts';
import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { Conversation } from '../domain/conversation.ts';
import { parseParticipantId } from '../domain/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { anEntry, conversationId, openInMemory, settleOne } from '../ledger/ledger.fixture.ts';
import { createContextReader, type ContextDeps, type ReadContext } from './context.ts';

const ID = conversationId('c1');
const PARTICIPANT = parseParticipantId('customer-1');

/** Proved to be there with the value that was wanted. */
const proved = (parts: Partial<AttributeEntry> = {}): AttributeEntry =>
  anEntry({ participantId: PARTICIPANT, state: 'visible', seen: 'digest-1', ...parts });

interface Stage extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly readContext: ReadContext;
  /** How often the platform was asked. */
  readonly asked: () => number;
}

interface StageParts {
  readonly entries: readonly AttributeEntry[];
  /** By digest, what this process has written. */
  readonly written?: Readonly<Record<string, string>>;
  readonly answer?: ContextDeps['readConversation'];
}

async function openStage({ entries, written = {}, answer }: StageParts): Promise<Stage> {
  const clock = new ManualClock(0);
  const ledger = await openInMemory(clock);
  await settleOne(ledger, 'c1', { entries });
  const standing: Conversation = anInboundCall({ 'crm.tier': 'silver' });
  let asked = 0;
  const readContext = createContextReader({
    ledger,
    values: { get: (digest) => written[digest] },
    clock,
    async readConversation(id, options) {
      asked += 1;
      return answer === undefined ? standing : answer(id, options);
    },
  });
  return {
    clock,
    readContext,
    asked: () => asked,
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  };
}

describe('createContextReader', () => {
  it('gives what was proved and written here without asking the platform', async () => {
    await using stage = await openStage({
      entries: [proved()],
      written: { 'digest-1': 'gold' },
    });
    expect(await stage.readContext(ID)).toEqual({
      conversationId: ID,
      attributes: [
        { participantId: PARTICIPANT, key: 'crm.tier', value: 'gold', state: 'visible' },
      ],
      withheld: [],
    });
    expect(stage.asked()).toBe(0);
  });

  it.each([
    ['was overwritten', proved({ state: 'overwritten', seen: 'digest-2' })],
    ['is not proved yet', proved({ state: 'accepted', seen: undefined })],
    ['was wiped', proved({ state: 'wiped', wanted: undefined })],
  ])('reads what stands there where it %s', async (_what, entry) => {
    await using stage = await openStage({ entries: [entry], written: { 'digest-1': 'gold' } });
    const context = await stage.readContext(ID);
    expect(context?.attributes).toMatchObject([{ value: 'silver', state: entry.state }]);
  });

  it('asks once for however many ask within a second', async () => {
    await using stage = await openStage({ entries: [proved()] });
    const { clock, readContext } = stage;
    const asks = await Promise.all([readContext(ID), readContext(ID), readContext(ID)]);
    expect(asks.map((context) => context?.attributes[0]?.value)).toEqual(Array(3).fill('silver'));
    await clock.advance(999);
    await readContext(ID);
    expect(stage.asked()).toBe(1);
    await clock.advance(1);
    await readContext(ID);
    expect(stage.asked()).toBe(2);
  });

  it('names what is secret, and shows nobody its value', async () => {
    await using stage = await openStage({
      entries: [
        proved({ key: 'crm.pin', class: 'secret', wanted: 'digest-2', seen: 'digest-2' }),
        proved({ key: 'crm.card', target: 'secure' }),
      ],
      written: { 'digest-1': '4111', 'digest-2': '1234' },
    });
    expect(await stage.readContext(ID)).toMatchObject({
      attributes: [],
      withheld: expect.arrayContaining(['crm.pin', 'crm.card']),
    });
  });

  it('says that a key is not there by null, also where the platform has forgotten the conversation', async () => {
    const entries = [proved({ key: 'crm.other' })];
    await using known = await openStage({ entries });
    await using forgotten = await openStage({ entries, answer: async () => undefined });
    for (const { readContext } of [known, forgotten]) {
      expect((await readContext(ID))?.attributes).toMatchObject([{ value: null }]);
    }
  });

  it('has everybody come again when the platform does not answer in time, and asks it no more often', async () => {
    const asked = Promise.withResolvers<void>();
    await using stage = await openStage({
      entries: [proved()],
      answer: (_id, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          asked.resolve();
        }),
    });
    const all = Promise.allSettled([stage.readContext(ID), stage.readContext(ID)]);
    await asked.promise;
    await stage.clock.advance(5000);
    const details = { httpStatus: 503, retryAfterMs: 1000 };
    const refused = { reason: { code: 'ERR_ATTRIBUTES_UNREAD', details } };
    expect(await all).toMatchObject([refused, refused]);
    expect(stage.asked()).toBe(1);
  });

  it('knows nothing of a conversation that nobody asked for', async () => {
    await using stage = await openStage({ entries: [] });
    expect(await stage.readContext(conversationId('c2'))).toBeUndefined();
  });
});
