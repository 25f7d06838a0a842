import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { AttributeWriter, DEFAULT_ATTRIBUTES, type AttributeSettings } from './attributes.ts';
import { endConversation } from './end.ts';
import { moveConversation, type Move } from './move.ts';
import { startInbound } from './start.ts';
import { PlatformError } from '../http/platform-error.ts';
import type { ConversationState, ParticipantState } from '../world/model.ts';
import { DEFAULT_SEED, plant } from '../world/seed.ts';
import { World } from '../world/world.ts';

const RUNS = Number(process.env['RAPPORT_RUNS'] ?? 150);

type Deed =
  | { readonly kind: 'write'; readonly who: number; readonly key: string; readonly lagMs: number }
  | { readonly kind: 'move'; readonly move: Move }
  | { readonly kind: 'leave'; readonly who: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'wait'; readonly ms: number };

const user = fc.constantFrom('Ada Agent', 'Ben Agent', 'Cleo Supervisor');
const queue = fc.constantFrom('Support', 'Sales');
const target = fc.oneof(
  queue.map((name) => ({ queue: name })),
  user.map((name) => ({ user: name })),
  fc.constant({ address: '+15550009999' }),
);

const move: fc.Arbitrary<Move> = fc.oneof(
  queue.map((name): Move => ({ kind: 'enqueue', queue: name })),
  user.map((name): Move => ({ kind: 'alert', user: name })),
  fc.option(user, { nil: undefined }).map((name): Move => ({ kind: 'answer', user: name })),
  target.map((to): Move => ({ kind: 'blind-transfer', ...to })),
  target.map((to): Move => ({ kind: 'consult', ...to })),
  fc.constantFrom<Move>(
    { kind: 'decline' },
    { kind: 'complete-consult' },
    { kind: 'cancel-consult' },
    { kind: 'conference' },
    { kind: 'connect' },
  ),
);

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      who: fc.nat(9),
      key: fc.constantFrom('a', 'b', '__proto__', 'crm.tier'),
      lagMs: fc.nat(500),
    }),
  },
  { weight: 6, arbitrary: move.map((it_): Deed => ({ kind: 'move', move: it_ })) },
  { weight: 1, arbitrary: fc.nat(9).map((who): Deed => ({ kind: 'leave', who })) },
  { weight: 1, arbitrary: fc.constant<Deed>({ kind: 'end' }) },
  { weight: 3, arbitrary: fc.nat(600).map((ms): Deed => ({ kind: 'wait', ms })) },
);

/** Most of what can happen needs an agent, so one is there from the start. */
const ANSWERED: Deed = { kind: 'move', move: { kind: 'answer', user: 'Ada Agent' } };

/** One write as the oracle remembers it: who wrote what when, and when it is due. No code of the emulator. */
interface Written {
  readonly participantId: string;
  readonly key: string;
  readonly value: string;
  readonly order: number;
  readonly dueMs: number;
}

interface Run {
  readonly conversation: ConversationState;
  readonly written: readonly Written[];
  readonly elapsedMs: number;
}

async function play(
  deeds: readonly Deed[],
  order: AttributeSettings['order'],
  inspect: (conversation: ConversationState) => void,
): Promise<Run> {
  const clock = new ManualClock();
  const world = new World({ clock, seed: 1 });
  plant(world, new Map(), DEFAULT_SEED);
  let lagMs = 0;
  const writer = new AttributeWriter(world, () => ({ ...DEFAULT_ATTRIBUTES, lagMs, order }));
  const architect = { start: (): void => undefined };
  const { conversationId } = startInbound({ world, architect }, { queue: 'Support' });
  const conversation = world.conversations.get(conversationId);
  if (conversation === undefined) throw new Error('it was not started');
  const written: Written[] = [];
  for (const [at, one] of deeds.entries()) {
    const who =
      conversation.participants[('who' in one ? one.who : 0) % conversation.participants.length];
    if (who === undefined) throw new Error('a conversation has participants');
    try {
      switch (one.kind) {
        case 'write': {
          lagMs = one.lagMs;
          const value = `v${at}`;
          writer.write(conversation, who, new Map([[one.key, value]]));
          const dueMs = clock.monotonicMs() + one.lagMs;
          written.push({ participantId: who.id, key: one.key, value, order: at, dueMs });
          break;
        }
        case 'move':
          moveConversation(world, conversation, one.move);
          break;
        case 'leave':
          moveConversation(world, conversation, { kind: 'leave', participantId: who.id });
          break;
        case 'end':
          endConversation(world, conversation);
          break;
        case 'wait':
          await clock.advance(one.ms);
      }
    } catch (error) {
      // What nobody could do now is refused, and changes nothing: the inspection below sees to that.
      if (!(error instanceof PlatformError)) throw error;
    }
    inspect(conversation);
  }
  await clock.advance(10_000);
  world.stop();
  return { conversation, written, elapsedMs: clock.monotonicMs() };
}

/** What each participant must hold in the end, key by key. */
function expected(
  written: readonly Written[],
  order: AttributeSettings['order'],
): Map<string, string> {
  const last = new Map<string, Written>();
  const latestDue = new Map<string, number>();
  for (const write of written) {
    const place = `${write.participantId} ${write.key}`;
    // In order of arrival a write waits for those before it; otherwise its own lag alone counts.
    const before = latestDue.get(write.participantId) ?? 0;
    const dueMs = order === 'arrival' ? Math.max(before, write.dueMs) : write.dueMs;
    latestDue.set(write.participantId, dueMs);
    const known = last.get(place);
    if (known === undefined || dueMs >= known.dueMs) last.set(place, { ...write, dueMs });
  }
  return new Map([...last].map(([place, { value }]) => [place, value]));
}

/** Shapes that no conversation of the platform can have. */
function impossibilities(conversation: ConversationState): string[] {
  const found: string[] = [];
  const { participants, endedAt } = conversation;
  const active = participants.filter((p) => p.endedAt === undefined);
  if (endedAt !== undefined && active.length > 0)
    found.push('somebody is on an ended conversation');
  if (endedAt === undefined && active.length === 0) found.push('nobody is on a live conversation');
  if (new Set(participants.map((p) => p.id)).size !== participants.length)
    found.push('an id twice');
  if (
    active.filter((p) => p.purpose === 'acd' && p.consultParticipantId === undefined).length > 1
  ) {
    found.push('in two queues at once');
  }
  const pair = active.filter((p) => p.consultParticipantId !== undefined);
  if (pair.length === 1) found.push('a consult with one side');
  for (const p of participants) found.push(...impossibleLegs(p));
  const customer = participants[0];
  if (pair.length === 0 && customer?.legs.some((leg) => leg.held)) found.push('held for nobody');
  return found;
}

function impossibleLegs(p: ParticipantState): string[] {
  const found: string[] = [];
  for (const leg of p.legs) {
    const isOver = leg.state === 'disconnected';
    if (isOver !== (leg.disconnectedAt !== undefined)) found.push('over without an instant');
    if (isOver !== (leg.disconnectType !== undefined)) found.push('over without a reason');
    if ((p.endedAt !== undefined) !== isOver) found.push('left with a live leg, or there without');
    if ((leg.disconnectedAt ?? Infinity) < leg.startedAt) found.push('over before it began');
    if (leg.held && isOver) found.push('held and over');
  }
  return found;
}

describe('a conversation under any sequence of calls, transfers and writes', () => {
  it.for(['arrival', 'any'] as const)(
    'loses no key when writes are applied in order %s',
    async (order) => {
      await fc.assert(
        fc.asyncProperty(fc.array(deed, { maxLength: 40 }), async (deeds) => {
          const { conversation, written } = await play(deeds, order, () => undefined);
          const held = conversation.participants.flatMap((p) =>
            [...p.attributes].map(([key, value]) => [`${p.id} ${key}`, value] as const),
          );
          expect(new Map(held)).toEqual(expected(written, order));
        }),
        { numRuns: RUNS },
      );
    },
  );

  it('is never in an impossible shape', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
        await play([ANSWERED, ...deeds], 'arrival', (conversation) =>
          expect(impossibilities(conversation)).toEqual([]),
        );
      }),
      { numRuns: RUNS },
    );
  });
});
