import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { createIntake } from '../create-intake.ts';
import { GapFiller, MAX_INTERVAL_MS, type FoundConversation, type GapReport } from './gap-fill.ts';
import type { RequestDraft } from '../intake.ts';
import { createSeen } from '../seen.ts';

const live = (id: string, customer = `${id}-customer`): FoundConversation => ({
  conversationId: id,
  endedAt: undefined,
  participants: [
    { participantId: `${id}-acd`, purpose: 'acd' },
    { participantId: customer, purpose: 'customer' },
  ],
});

interface Rig extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly filler: GapFiller;
  /** What the platform's analytics would answer now. */
  conversations: FoundConversation[];
  /** Keys that the ledger has. */
  readonly taken: Set<string | undefined>;
  readonly failures: Error[];
  readonly intervals: { readonly fromAt: number; readonly toAt: number }[];
  readonly requests: RequestDraft[];
  readonly reports: GapReport[];
  /** As `level event`. */
  readonly logged: readonly string[];
}

function startRig(startMs = Date.UTC(2026, 0, 5)): Rig {
  const clock = new ManualClock(startMs);
  const rig = {
    clock,
    conversations: [] as FoundConversation[],
    taken: new Set<string | undefined>(),
    failures: [] as Error[],
    intervals: [] as { fromAt: number; toAt: number }[],
    requests: [] as RequestDraft[],
    reports: [] as GapReport[],
    logged: [] as string[],
  };
  const logs = (level: string) => (event: string) => void rig.logged.push(`${level} ${event}`);
  const filler = new GapFiller({
    find: async (interval) => {
      rig.intervals.push(interval);
      const failure = rig.failures.shift();
      if (failure !== undefined) throw failure;
      return rig.conversations;
    },
    inlet: createIntake({ seen: createSeen(), listensTo: () => true }),
    accept: async (drafts) =>
      drafts.map((draft) => {
        const duplicate = rig.taken.has(draft.dedupeKey);
        rig.taken.add(draft.dedupeKey);
        if (!duplicate) rig.requests.push(draft);
        return { duplicate };
      }),
    onReport: (report) => rig.reports.push(report),
    clock,
    random: () => 0,
    log: { debug: logs('debug'), info: logs('info'), warn: logs('warn'), error: logs('error') },
  });
  return Object.assign(rig, {
    filler,
    async [Symbol.asyncDispose]() {
      await filler[Symbol.asyncDispose]();
      expect(clock.pendingTimers).toBe(0);
    },
  });
}

const idsOf = (requests: readonly RequestDraft[]): string[] =>
  requests.map((request) => request.conversationId);

describe('GapFiller', () => {
  it('requests what is live and was not taken, and reports how every conversation was accounted for', async () => {
    await using rig = startRig();
    const nowMs = rig.clock.wallMs();
    rig.taken.add('seen:b:b-customer');
    rig.conversations = [
      live('a'),
      live('b'),
      { ...live('c'), endedAt: 5 },
      { ...live('bad'), conversationId: '../x' },
    ];
    rig.filler.add({ fromMs: nowMs - 60_000, toMs: nowMs, reason: 'channel lost' });
    await rig.clock.advance(0);
    expect(rig.requests).toMatchObject([
      { conversationId: 'a', lane: 'backfill', dedupeKey: 'seen:a:a-customer', kind: 'enrich' },
    ]);
    expect(rig.intervals).toEqual([{ fromAt: nowMs - 70_000, toAt: nowMs }]);
    expect(rig.reports).toEqual([
      {
        gap: { fromMs: nowMs - 60_000, toMs: nowMs, reason: 'channel lost' },
        found: 4,
        ended: 1,
        known: 1,
        requested: 1,
        unreadable: 1,
        looks: 1,
        isComplete: false,
        isCut: false,
      },
    ]);
  });

  it('looks again later, for what analytics did not know yet, and counts nothing twice', async () => {
    await using rig = startRig();
    const nowMs = rig.clock.wallMs();
    rig.conversations = [live('a')];
    rig.filler.add({ fromMs: nowMs - 1000, toMs: nowMs, reason: 'channel lost' });
    await rig.clock.advance(0);
    rig.conversations = [live('a'), live('b')];
    await rig.clock.advance(150_000);
    expect(idsOf(rig.requests)).toEqual(['a', 'b']);
    expect(rig.reports.at(-1)).toMatchObject({
      found: 2,
      requested: 2,
      looks: 3,
      isComplete: true,
    });
    expect(rig.filler.open).toBe(0);
  });

  it('does not give up while the platform cannot be asked', async () => {
    await using rig = startRig();
    const nowMs = rig.clock.wallMs();
    rig.failures.push(...Array.from({ length: 5 }, () => new Error('503')));
    rig.conversations = [live('a')];
    rig.filler.add({ fromMs: nowMs - 1000, toMs: nowMs, reason: 'channel lost' });
    await rig.clock.advance(60_000);
    expect(idsOf(rig.requests)).toEqual(['a']);
  });

  it('looks at a later gap at once, and joins those of a flapping socket', async () => {
    await using rig = startRig();
    const nowMs = rig.clock.wallMs();
    rig.filler.add({ fromMs: nowMs - 1000, toMs: nowMs, reason: 'channel lost' });
    await rig.clock.advance(20_000);
    const looks = rig.intervals.length;
    rig.filler.add({ fromMs: nowMs + 15_000, toMs: nowMs + 20_000, reason: 'channel lost' });
    await rig.clock.advance(0);
    expect(rig.intervals.length).toBe(looks + 1);
    for (let n = 1; n <= 3; n++) {
      const atMs = rig.clock.wallMs();
      rig.filler.add({ fromMs: atMs, toMs: atMs + 500, reason: 'channel lost' });
      await rig.clock.advance(1000);
    }
    expect(rig.filler.open).toBe(3);
    await rig.clock.advance(8000);
    expect(rig.intervals.at(-1)?.fromAt).toBe(nowMs + 20_000 - 10_000);
  });

  it('cuts an interval that is longer than can be asked for, and says so', async () => {
    await using rig = startRig();
    const nowMs = rig.clock.wallMs();
    rig.filler.add({ fromMs: nowMs - 2 * MAX_INTERVAL_MS, toMs: nowMs, reason: 'stopped' });
    await rig.clock.advance(0);
    expect(rig.intervals[0]).toEqual({ fromAt: nowMs - MAX_INTERVAL_MS, toAt: nowMs });
    expect(rig.reports[0]?.isCut).toBe(true);
  });

  it('stops in the middle of a wait, which is nothing to warn of', async () => {
    const rig = startRig();
    rig.filler.add({ fromMs: 0, toMs: 1, reason: 'stopped' });
    await rig.clock.advance(0);
    await rig.filler[Symbol.asyncDispose]();
    expect(rig.clock.pendingTimers).toBe(0);
    expect(rig.logged).toEqual(['info gap.looked', 'info gap.left-open']);
    rig.filler.add({ fromMs: 0, toMs: 1, reason: 'stopped' });
    expect(rig.filler.open).toBe(0);
  });
});
