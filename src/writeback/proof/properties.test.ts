import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { parseConversationId, parseParticipantId } from '../../domain/ids.ts';
import { hasVerdict, isWiped } from './entry.ts';
import type { EvidenceEvent, ProofEvent, Step, WantEvent, WriteAnswer } from './event.ts';
import { memoryOf } from './memory.ts';
import { want } from './planning.ts';
import { reduce } from './reduce.ts';
import { DEFAULT_PROOF_SETTINGS, MAX_DOUBTS, type ProofSettings } from './settings.ts';

/** More runs on demand: `RAPPORT_RUNS=10000 npm run vitest -- src/writeback`. */
const RUNS = { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 300) };
const VALUES = ['v1', 'v2', 'base', 'theirs'];
const BLANK = 'blank';
const ID = {
  conversationId: parseConversationId('c'),
  participantId: parseParticipantId('p'),
  target: 'attributes' as const,
  key: 'k',
};

/** One entry under a sequence of events, with everything that must be counted beside it. */
interface Run {
  entry: AttributeEntry;
  now: number;
  settings: ProofSettings;
  inFlight: number;
  writesSinceAsk: number;
  endedAt: number | undefined;
}

const wanting = (digest: string, asked = true): WantEvent => ({
  kind: 'want',
  id: ID,
  digest,
  class: 'personal',
  wipe: true,
  asked,
  turn: 't',
  covered: false,
  current: 'base',
});

function begin(settings: ProofSettings): Run {
  const { entry } = want(undefined, wanting('v1'), { now: 0, settings });
  return { entry, now: 0, settings, inFlight: 0, writesSinceAsk: 0, endedAt: undefined };
}

function apply(run: Run, event: ProofEvent): Step {
  const before = run.entry;
  const step = reduce(before, event, { now: run.now, settings: run.settings });
  run.entry = step.entry;
  if (step.entry.writes > before.writes) {
    run.inFlight += 1;
    run.writesSinceAsk += 1;
  }
  if (event.kind === 'want') run.writesSinceAsk = 0;
  if (memoryOf(before).inFlight === true && memoryOf(step.entry).inFlight !== true)
    run.inFlight -= 1;
  if (event.kind === 'ended') run.endedAt ??= run.now;
  return step;
}

const answers: fc.Arbitrary<WriteAnswer> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<WriteAnswer>({ kind: 'accepted' }) },
  { weight: 2, arbitrary: fc.constant<WriteAnswer>({ kind: 'unknown', reason: '504' }) },
  fc.constant<WriteAnswer>({ kind: 'refused', code: 'bad.request', reason: 'no' }),
  fc.constant<WriteAnswer>({ kind: 'no-participant' }),
);

type Move =
  | { readonly do: 'event'; readonly event: ProofEvent }
  | { readonly do: 'answer'; readonly answer: WriteAnswer }
  | { readonly do: 'read'; readonly digest: string | null }
  | { readonly do: 'wait'; readonly ms: number };

const seen = fc.constantFrom(...VALUES, BLANK);
const event = (value: ProofEvent): fc.Arbitrary<Move> => fc.constant({ do: 'event', event: value });
const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: event({ kind: 'leave' }) },
  { weight: 4, arbitrary: answers.map((answer) => ({ do: 'answer', answer }) as const) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('v1', 'v2')
      .map((v) => ({ do: 'event', event: wanting(v) }) as const),
  },
  {
    weight: 4,
    arbitrary: fc.record({ digest: seen, at: fc.nat(100_000) }).map(
      (told) =>
        ({
          do: 'event',
          event: { kind: 'evidence', source: 'event', ...told } satisfies EvidenceEvent,
        }) as const,
    ),
  },
  { weight: 4, arbitrary: fc.option(seen).map((digest) => ({ do: 'read', digest }) as const) },
  {
    weight: 5,
    arbitrary: fc.integer({ min: 1, max: 8000 }).map((ms) => ({ do: 'wait', ms }) as const),
  },
  { weight: 6, arbitrary: event({ kind: 'deadline' }) },
  event({ kind: 'read-failed', reason: 'budget' }),
  event({ kind: 'unheard' }),
  event({ kind: 'flow-started', flowId: 'f' }),
  event({ kind: 'flow-ended', flowId: 'f' }),
  event({ kind: 'wipe', blank: BLANK }),
  event({ kind: 'ended', blank: BLANK }),
);

function toEvent(run: Run, move: Move): ProofEvent | undefined {
  switch (move.do) {
    case 'wait':
      run.now += move.ms;
      return undefined;
    case 'answer':
      return { kind: 'answer', write: run.entry.writes, answer: move.answer };
    case 'read':
      return { kind: 'evidence', source: 'read', digest: move.digest, startedAt: run.now };
    case 'event':
      return move.event;
  }
}

const settings = fc
  .record({
    byFlow: fc.constantFrom('ours', 'theirs', 'alert'),
    byOthers: fc.constantFrom('ours', 'theirs', 'alert'),
  })
  .map((onOverwrite): ProofSettings => ({ ...DEFAULT_PROOF_SETTINGS, onOverwrite }));
/** One policy for all: an overwriter who was overwritten in turn is never heard of after a swap. */
const onePolicy = fc
  .constantFrom('ours' as const, 'theirs' as const, 'alert' as const)
  .map((policy): ProofSettings => ({
    ...DEFAULT_PROOF_SETTINGS,
    onOverwrite: { byFlow: policy, byOthers: policy },
  }));
const schedules = fc.array(moves, { minLength: 1, maxLength: 60 });

/** Plays a schedule and calls `check` after every event. */
function playAll(
  run: Run,
  schedule: readonly Move[],
  check: (before: AttributeEntry, event: ProofEvent, step: Step) => void,
): void {
  for (const move of schedule) {
    const next = toEvent(run, move);
    if (next === undefined) continue;
    const before = run.entry;
    check(before, next, apply(run, next));
  }
}

describe('reduce', () => {
  it('never has two PATCHes of one entry in flight', () => {
    fc.assert(
      fc.property(settings, schedules, (given, schedule) => {
        const run = begin(given);
        playAll(run, schedule, () => expect(run.inFlight).toBeLessThanOrEqual(1));
      }),
      RUNS,
    );
  });

  it('writes each wanted value at most once, once per rewrite and eight times in doubt', () => {
    fc.assert(
      fc.property(settings, schedules, (given, schedule) => {
        const run = begin(given);
        playAll(run, schedule, () => {
          if (isWiped(run.entry)) return;
          expect(run.entry.rewrites).toBeLessThanOrEqual(given.maxRewrites);
          expect(run.writesSinceAsk).toBeLessThanOrEqual(1 + given.maxRewrites + MAX_DOUBTS);
          const doubts = memoryOf(run.entry).doubts ?? 0;
          expect(run.writesSinceAsk - doubts).toBeLessThanOrEqual(1 + given.maxRewrites);
        });
      }),
      RUNS,
    );
  });

  it('wants nothing but the empty text from the wipe on, and sends nothing once it is wiped', () => {
    fc.assert(
      fc.property(settings, schedules, (given, schedule) => {
        const run = begin(given);
        playAll(run, schedule, (before, _event, step) => {
          expect(implies(isWiped(before), isWiped(step.entry))).toBe(true);
          const isWrite = step.entry.writes > before.writes;
          const isBlank = before.state === 'wiping' && step.entry.own.at(-1) === BLANK;
          expect(implies(isWrite && isWiped(before), isBlank)).toBe(true);
        });
      }),
      RUNS,
    );
  });

  it('never takes an answer for a proof', () => {
    fc.assert(
      fc.property(settings, schedules, (given, schedule) => {
        const run = begin(given);
        playAll(run, schedule, (before, happened, step) => {
          const isProved = step.entry.state === 'applied' || step.entry.state === 'visible';
          const wasProved = before.state === 'applied' || before.state === 'visible';
          expect(implies(isProved && !wasProved, happened.kind !== 'answer')).toBe(true);
        });
      }),
      RUNS,
    );
  });

  it('changes nothing when the same event comes twice', () => {
    fc.assert(
      fc.property(settings, schedules, (given, schedule) => {
        const run = begin(given);
        playAll(run, schedule, (_before, happened, step) => {
          const isRepeatable = happened.kind === 'deadline' || happened.kind === 'read-failed';
          // Leaving twice is two PATCHes, which the first property rules out.
          if (isRepeatable || happened.kind === 'leave') return;
          const again = reduce(step.entry, happened, { now: run.now, settings: given });
          expect(again.entry).toEqual(step.entry);
          expect(again.actions.filter((action) => action.kind === 'outbox')).toEqual([]);
        });
      }),
      RUNS,
    );
  });

  it('ends in the same verdict when events swap places between two deadlines', () => {
    const told = fc.array(fc.constantFrom(...VALUES), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(
        onePolicy,
        told,
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (given, values, isVisible, picks) => {
          const events = values.map((digest, i): EvidenceEvent => ({
            kind: 'evidence',
            source: 'event',
            digest,
            at: 100 + i,
          }));
          const shuffled = [...events];
          for (let i = shuffled.length - 1; i > 0; i--) {
            const [picked = 0] = picks.take(1);
            const j = picked % (i + 1);
            const [a, b] = [shuffled[i], shuffled[j]];
            if (a !== undefined && b !== undefined) [shuffled[i], shuffled[j]] = [b, a];
          }
          const newest = values.at(-1) ?? null;
          expect(conclude(given, shuffled, isVisible, newest)).toBe(
            conclude(given, events, isVisible, newest),
          );
        },
      ),
      RUNS,
    );
  });

  it('reaches a verdict within lateMs of the last acknowledgement, or 10 minutes after the end', () => {
    fc.assert(
      fc.property(settings, schedules, fc.array(fc.boolean()), (given, schedule, luck) => {
        const run = begin(given);
        playAll(run, schedule, () => undefined);
        answerAll(run);
        const from = run.now;
        let turn = 0;
        while (run.entry.deadlineAt !== undefined && turn < 200) {
          run.now = Math.max(run.now, run.entry.deadlineAt);
          followUp(run, apply(run, { kind: 'deadline' }), luck[turn % luck.length] === true);
          turn += 1;
          // Every write in doubt starts the time anew, at most eight times.
          const since = Math.max(from, run.entry.acceptedAt ?? run.entry.sentAt ?? 0);
          const isOverdue = run.now > since + given.lateMs + given.settleMs;
          expect(implies(isOverdue, hasVerdict(run.entry))).toBe(true);
        }
        expect(turn).toBeLessThan(200);
        expect(hasVerdict(run.entry) || run.entry.state === 'planned').toBe(true);
        expect(run.entry.state).not.toBe('wiping');
      }),
      RUNS,
    );
  });
});

const implies = (condition: boolean, consequence: boolean): boolean => !condition || consequence;

/** Does what the step asks for, with reads that succeed or fail. */
function followUp(run: Run, step: Step, isLucky: boolean): void {
  for (const action of step.actions) {
    if (action.kind === 'patch') {
      apply(run, { kind: 'leave' });
      answerAll(run);
    }
    if (action.kind !== 'read') continue;
    const next = apply(
      run,
      isLucky
        ? { kind: 'evidence', source: 'read', digest: 'theirs', startedAt: run.now }
        : { kind: 'read-failed', reason: 'budget' },
    );
    followUp(run, next, isLucky);
  }
}

function answerAll(run: Run): void {
  if (run.entry.state === 'planned' && memoryOf(run.entry).inFlight !== true) {
    apply(run, { kind: 'leave' });
  }
  if (memoryOf(run.entry).inFlight !== true) return;
  const next = apply(run, {
    kind: 'answer',
    write: run.entry.writes,
    answer: { kind: 'accepted' },
  });
  if (next.actions.some((action) => action.kind === 'patch')) answerAll(run);
}

/** The verdict after these events, once every read that is asked for has shown the newest value. */
function conclude(
  given: ProofSettings,
  events: readonly EvidenceEvent[],
  isVisible: boolean,
  newest: string | null,
): string {
  const run = begin(given);
  answerAll(run);
  run.now = 1000;
  if (isVisible) apply(run, { kind: 'evidence', source: 'event', digest: 'v1', at: 50 });
  for (const told of events) apply(run, told);
  for (let i = 0; i < 6; i++) {
    const due = run.entry.deadlineAt;
    if (due === undefined || run.entry.state === 'overwritten') break;
    run.now = Math.max(run.now, due);
    const step = apply(run, { kind: 'deadline' });
    if (!step.actions.some((action) => action.kind === 'read')) continue;
    apply(run, { kind: 'evidence', source: 'read', digest: newest, startedAt: run.now });
  }
  return run.entry.state;
}
