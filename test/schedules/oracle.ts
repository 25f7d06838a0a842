import type { Sent } from './network.ts';
import type { Record, Said } from './play.ts';
import { OUR_KEYS, SECRET_KEY, THEIR_KEYS } from './schedule.ts';
import type { Applied } from './stage.ts';
import type { Told } from './told.ts';

/**
 * How old the evidence of a word may be when the turn that tells it begins, in milliseconds: frames
 * come up to 3 s late, and are read against what a flow may still write for 2 s more.
 */
const EVIDENCE_MS = 5000;
/** How long an answer is waited for. */
const GIVEN_UP_MS = 10_000;
/** Most times that one value is sent to one place: the first, 2 rewrites, 8 repeats in doubt. */
const MOST_WRITES = 11;
const OURS: ReadonlySet<string> = new Set(OUR_KEYS);

/**
 * Judges a played schedule by who wrote what when, and by nothing of the product but what it told:
 * no key lost, none doubled, every verdict true. Returns what is wrong, in sentences.
 */
export function judge(record: Record): readonly string[] {
  return [
    ...findLostKeys(record),
    ...findStrayWrites(record),
    ...findDoubledWrites(record),
    ...findFalseWords(record),
    ...findFalseEndings(record),
  ];
}

/** Keys of others keep the value that they were given last, and our PATCHes carry none of them. */
function findLostKeys({ sent, history, valueOf }: Record): string[] {
  const wrong = sent.flatMap((one) =>
    [...one.changes.keys()]
      .filter((key) => (one.store === 'secure' ? key !== SECRET_KEY : !OURS.has(key)))
      .map((key) => `a PATCH at ${one.at} carries ${key}, which is not for there`),
  );
  for (const participantId of new Set(history.map((one) => one.participantId))) {
    for (const key of THEIR_KEYS) {
      const given = history.findLast(
        (one) => isAbout(one, { participantId, key }) && one.by !== 'us',
      );
      const stands = valueOf(participantId, key);
      if (stands !== given?.value) wrong.push(`${key} was ${given?.value}, and is ${stands}`);
    }
  }
  return wrong;
}

/** What is sent is what was asked for last, and nothing but "" goes to a conversation known to be over. */
function findStrayWrites({ sent, asks, turns, endToldAt }: Record): string[] {
  const wrong: string[] = [];
  for (const one of sent) {
    // A turn that is under way may send what was asked when it began.
    const begun = turns.findLast((turn) => turn.from <= one.at)?.from ?? one.at;
    for (const [key, value] of one.changes) {
      if (value === '') continue;
      // What a killed turn was told of was forgotten with it.
      const asked = asks.filter(
        (ask) =>
          ask.key === key && ask.at <= one.at && (ask.at >= begun || !isKilledAt(turns, ask.at)),
      );
      const recent = asked.filter((_ask, i) => (asked[i + 1]?.at ?? one.at) >= begun);
      if (!recent.some((ask) => ask.value === value)) {
        wrong.push(`${key}=${value} was sent at ${one.at}, and is not what was asked for last`);
      }
      if (endToldAt !== undefined && one.at > endToldAt) {
        wrong.push(`${key} was written ${one.at - endToldAt} ms after the end was told`);
      }
    }
  }
  return wrong;
}

/** The same value goes to the same place twice only if the first was lost or something else came over it. */
function findDoubledWrites({ sent, history, turns }: Record): string[] {
  const wrong: string[] = [];
  const earlier = new Map<string, Sent>();
  const counts = new Map<string, number>();
  for (const one of sent) {
    const { participantId } = one;
    for (const [key, value] of one.changes) {
      if (value === '') continue;
      const name = `${participantId} ${key} ${value}`;
      const before = earlier.get(name);
      earlier.set(name, one);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (before === undefined || before.isTaken === false) continue;
      // Nobody else writes it, so that to send it again is no worse than to read it.
      if (key === SECRET_KEY) continue;
      if (wasForgotten(turns, before.at, one.at)) continue;
      // It arrived after it had been given up: whoever looked then could not see it.
      if ((before.takenAt ?? 0) > before.at + GIVEN_UP_MS) continue;
      const isOver = history.some(
        ({ at, value: stood, ...place }) =>
          isAbout(place, { participantId, key }) &&
          stood !== value &&
          at > before.at &&
          at < one.at,
      );
      if (!isOver) wrong.push(`${name} was sent at ${before.at} and again at ${one.at}`);
    }
  }
  for (const [name, count] of counts) {
    if (count > MOST_WRITES) wrong.push(`${name} was sent ${count} times`);
  }
  return wrong;
}

/**
 * Whether what a killed turn sent had been forgotten by the time that it was sent again. The turn
 * that takes over looks for what it wants itself; if its sources fail, nobody knows of the rest.
 */
function wasForgotten(turns: Record['turns'], sentAt: number, againAt: number): boolean {
  const between = turns.filter(({ from }) => from > sentAt && from <= againAt);
  return isKilledAt(turns, sentAt) && between.length > 1;
}

/** What stood there when something was told of a key. */
interface Truth {
  /** What stands there is what a killed turn wrote. Nothing of it was recorded: it is nobody's. */
  readonly isNobodys: boolean;
  readonly stood: readonly Applied[];
  readonly now: Applied | undefined;
  /** Every value of ours up to then. */
  readonly ours: ReadonlySet<string>;
  readonly isOurs: boolean;
  /** Nothing has changed since before the evidence for the word can be from. */
  readonly isSettled: boolean;
  readonly lastAsked: string | undefined;
  readonly comesBack: boolean;
  /** A frame never came, or none ever does: what was true before is all that can be known. */
  readonly isBlind: boolean;
}

/** Everything that was told of a key was so when it was told. */
function findFalseWords(record: Record): string[] {
  return record.told.flatMap((told) => {
    const truth = truthOf(record, told);
    const name = `${told.key} of ${told.participantId} was called ${told.state} at ${told.at}`;
    return (WRONGS.get(told.state) ?? []).flatMap(([isWrong, what]) =>
      isWrong(truth) ? `${name}, ${what(truth)}` : [],
    );
  });
}

type Wrong = readonly [(truth: Truth) => boolean, (truth: Truth) => string];

const NEVER_THERE: Wrong = [
  ({ stood, ours }) => !stood.some((one) => ours.has(one.value)),
  () => 'and was never there',
];
const LONG_GONE: Wrong = [
  ({ isSettled, isOurs, isBlind }) => isSettled && !isOurs && !isBlind,
  ({ now }) => `when ${now?.value} had long stood there`,
];

const WRONGS: ReadonlyMap<string, readonly Wrong[]> = new Map([
  ['applied', [NEVER_THERE, LONG_GONE]],
  ['visible', [NEVER_THERE, LONG_GONE]],
  [
    'overwritten',
    [
      [
        ({ stood, isNobodys }) => !isNobodys && !stood.some((one) => one.by !== 'us'),
        () => 'and nobody else wrote it',
      ],
    ],
  ],
  [
    'ignored',
    [
      [
        ({ isSettled, now, lastAsked }) => isSettled && now?.value === lastAsked,
        () => 'and had long been there',
      ],
    ],
  ],
  [
    'wiped',
    [
      [({ isOurs, isNobodys }) => isOurs && !isNobodys, () => 'and ours still stood there'],
      [({ comesBack }) => comesBack, () => 'and came back'],
    ],
  ],
]);

function truthOf(record: Record, told: Told): Truth {
  const { history, asks, mood, hasLostFrames } = record;
  const asked = asks.filter((ask) => ask.key === told.key && ask.at <= told.at);
  const ours = new Set(asked.map((ask) => ask.value));
  const stood = history.filter((one) => isAbout(one, told) && one.at <= told.at);
  const now = stood.at(-1);
  return {
    isNobodys: now !== undefined && isOfKilledTurn(record, now),
    stood,
    now,
    ours,
    isOurs: now !== undefined && ours.has(now.value),
    isSettled: now === undefined || now.at < told.from - EVIDENCE_MS,
    lastAsked: asked.at(-1)?.value,
    isBlind: hasLostFrames || mood.topics === 'none',
    comesBack: history.some(
      (one) => isAbout(one, told) && one.at > told.at && ours.has(one.value) && one.by === 'us',
    ),
  };
}

function isOfKilledTurn({ sent, turns }: Record, { participantId, key, value }: Applied): boolean {
  const from = sent.filter(
    (one) =>
      isAbout({ participantId: one.participantId, key }, { participantId, key }) &&
      one.changes.get(key) === value,
  );
  return from.some(({ at }) => isKilledAt(turns, at));
}

const isKilledAt = (turns: Record['turns'], at: number): boolean =>
  turns.some(
    ({ from, to = Number.POSITIVE_INFINITY, isKilled }) => isKilled && at >= from && at <= to,
  );

interface Place {
  readonly participantId: string;
  readonly key: string;
}

/** The secret is the conversation's, whoever is the customer. */
const isAbout = (one: Place, place: Place): boolean =>
  one.key === place.key && (one.key === SECRET_KEY || one.participantId === place.participantId);

/** After everything has come to rest, what is said of each key is what the platform holds. */
function findFalseEndings(record: Record): string[] {
  if (record.isRestless) return ['turn follows turn with no end'];
  const participantId = record.customers.at(-1) ?? '';
  const open = record.unanswered === 0 ? [] : [`${record.unanswered} requests were not answered`];
  const wrong = [...OUR_KEYS, SECRET_KEY].flatMap((key) => {
    // What a killed turn was told of was forgotten with it; what is asked for after the end is skipped.
    const { turns, endedAt = Number.POSITIVE_INFINITY } = record;
    const asked = record.asks.findLast(
      (ask) => ask.key === key && ask.at < endedAt && !isKilledAt(turns, ask.at),
    )?.value;
    const said = record.said.find((one) => one.participantId === participantId && one.key === key);
    return asked === undefined || said === undefined ? [] : judgeEnding(record, said, asked);
  });
  return [...open, ...wrong];
}

function judgeEnding(record: Record, said: Said, asked: string): string[] {
  const { key, state } = said;
  // Whose attempts are spent waits for an operator, its open keys with it.
  if (record.isSetAside) return [];
  if (PENDING.has(state)) return [`${key} has no verdict: ${state}`];
  // Nobody told of what came after.
  if (record.hasLostFrames || record.mood.topics === 'none') return [];
  const last = record.history.findLast((one) => isAbout(one, said));
  if (last !== undefined && isOfKilledTurn(record, last)) return [];
  const standing = valuesAtEnd(record, said);
  const word = state === 'closed' ? said.was : state;
  if (word === 'visible' && !standing.includes(asked)) {
    return [`${key} is called visible, and ${standing.join(', then ')} stands there`];
  }
  return word === 'overwritten' && standing.every((value) => value === asked)
    ? [`${key} is called overwritten, and ours stands there`]
    : [];
}

/** What stands there at last; where the guard went off with the end, what stood there about then. */
function valuesAtEnd({ history, endedAt }: Record, said: Said): readonly (string | undefined)[] {
  const stood = history.filter((one) => isAbout(one, said));
  if (said.state !== 'closed' || endedAt === undefined) return [stood.at(-1)?.value];
  // A frame that is late by the end comes too late.
  const from = endedAt - EVIDENCE_MS;
  const about = stood.filter((one) => Math.abs(one.at - endedAt) <= EVIDENCE_MS);
  return [stood.findLast((one) => one.at < from)?.value, ...about.map((one) => one.value)];
}

const PENDING: ReadonlySet<string> = new Set(['planned', 'sent', 'in-doubt', 'accepted', 'wiping']);
