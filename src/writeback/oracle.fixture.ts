import type { Applied, Sent } from './turn/fake-platform.fixture.ts';
import { OUR_KEYS, THEIR_KEYS, type Schedule } from './schedule.fixture.ts';

/** A told verdict may be this much older than the turn that settled it, in milliseconds. */
const TURN_MS = 7000;
/** One that stays with a write in doubt while reads fail tells what it saw only at its end. */
const LONG_TURN_MS = 20_000;
const OURS: ReadonlySet<string> = new Set(OUR_KEYS);

/**
 * Judges a played schedule by who wrote what when, and by nothing of the product but what it told:
 * no key lost, none doubled, every verdict true. Returns what is wrong, in sentences.
 */
export function judge(schedule: Schedule): readonly string[] {
  return [
    ...findLostKeys(schedule),
    ...findStrayWrites(schedule),
    ...findDoubledWrites(schedule),
    ...findFalseWords(schedule),
    ...findFalseEndings(schedule),
  ];
}

/** Keys of others keep the value that they were given last, and our PATCHes carry none of them. */
function findLostKeys({ rig }: Schedule): string[] {
  const { platform } = rig;
  const wrong = platform.patches.flatMap((sent) =>
    [...sent.changes.keys()]
      .filter((key) => !OURS.has(key))
      .map((key) => `a PATCH at ${sent.at} carries ${key}, which is not ours`),
  );
  for (const [participantId] of platform.store) {
    for (const key of THEIR_KEYS) {
      const given = platform.history.findLast(
        (one) => one.participantId === participantId && one.key === key && one.by !== 'us',
      );
      const stands = platform.valueOf(key, participantId);
      if (stands !== given?.value) wrong.push(`${key} was ${given?.value}, and is ${stands}`);
    }
  }
  return wrong;
}

/** What is sent is what was asked for last, and nothing but "" goes to a conversation known to be over. */
function findStrayWrites({ rig, record }: Schedule): string[] {
  const wrong: string[] = [];
  for (const sent of rig.platform.patches) {
    for (const [key, value] of sent.changes) {
      if (value === '') continue;
      const asked = record.asks.filter((ask) => ask.key === key && ask.at <= sent.at);
      // A turn that is under way sends what was asked when it began.
      const recent = asked.filter((_ask, i) => (asked[i + 1]?.at ?? sent.at) >= sent.at - TURN_MS);
      if (!recent.some((ask) => ask.value === value)) {
        wrong.push(`${key}=${value} was sent at ${sent.at}, and is not what was asked for last`);
      }
      if (record.endToldAt !== undefined && sent.at > record.endToldAt + 50) {
        wrong.push(`${key} was written ${sent.at - record.endToldAt} ms after the end`);
      }
    }
  }
  return wrong;
}

/** The same value goes to the same place twice only if the first was lost or something else came over it. */
function findDoubledWrites({ rig }: Schedule): string[] {
  const wrong: string[] = [];
  const earlier = new Map<string, Sent>();
  const counts = new Map<string, number>();
  const { patches, history } = rig.platform;
  for (const sent of patches) {
    for (const [key, value] of sent.changes) {
      if (value === '') continue;
      const name = `${sent.participantId} ${key} ${value}`;
      const before = earlier.get(name);
      earlier.set(name, sent);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (before === undefined || wasLost(before)) continue;
      const isOver = history.some(
        (one) =>
          isOf(one, sent, key) && one.value !== value && one.at > before.at && one.at < sent.at,
      );
      if (!isOver) wrong.push(`${name} was sent at ${before.at} and again at ${sent.at}`);
    }
  }
  for (const [name, count] of counts) {
    if (count > 11) wrong.push(`${name} was sent ${count} times`);
  }
  return wrong;
}

const isOf = (one: Applied, sent: Sent, key: string): boolean =>
  one.key === key && one.participantId === sent.participantId;

function wasLost({ fate }: Sent): boolean {
  return typeof fate === 'object' || fate === 'lost' || fate === 'dropped';
}

interface Told {
  readonly at: number;
  readonly participantId: string;
  readonly key: string;
  readonly state: string;
}

/** What stood there when something was told of a key. */
interface Truth {
  readonly stood: readonly Applied[];
  readonly now: Applied | undefined;
  /** Every value of ours up to then. */
  readonly ours: ReadonlySet<string>;
  readonly isOurs: boolean;
  /** Nothing has changed for longer than a turn takes. */
  readonly isSettled: boolean;
  readonly lastAsked: string | undefined;
  readonly comesBack: boolean;
  /** An event never came: what was true before it is all that can be known. */
  readonly isBlind: boolean;
}

/** Everything that was told of a key was so when it was told. */
function findFalseWords(schedule: Schedule): string[] {
  return schedule.rig.feed.flatMap((told) => {
    const truth = truthOf(schedule, told);
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
    [[({ stood }) => !stood.some((one) => one.by !== 'us'), () => 'and nobody else wrote it']],
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
      [({ isOurs }) => isOurs, () => 'and ours still stood there'],
      [({ comesBack }) => comesBack, () => 'and came back'],
    ],
  ],
]);

function truthOf({ rig, record }: Schedule, told: Told): Truth {
  const { history } = rig.platform;
  const asks = record.asks.filter((ask) => ask.key === told.key && ask.at <= told.at);
  const ours = new Set(asks.map((ask) => ask.value));
  const stood = history.filter((one) => isAbout(one, told) && one.at <= told.at);
  const now = stood.at(-1);
  return {
    stood,
    now,
    ours,
    isOurs: now !== undefined && ours.has(now.value),
    isSettled: now === undefined || now.at < told.at - LONG_TURN_MS,
    lastAsked: asks.at(-1)?.value,
    isBlind: record.lostEvents > 0,
    comesBack: history.some(
      (one) => isAbout(one, told) && one.at > told.at && ours.has(one.value) && one.by === 'us',
    ),
  };
}

const isAbout = (one: Applied, told: Told): boolean =>
  one.key === told.key && one.participantId === told.participantId;

/** After everything has come to rest, what is said of each key is what the platform holds. */
function findFalseEndings({ rig, record }: Schedule): string[] {
  const customer = record.customers.at(-1)?.id;
  // An event that never came leaves us with what was true before it.
  const isBlind = record.lostEvents > 0;
  return OUR_KEYS.flatMap((key) => {
    const asked = record.asks.findLast((ask) => ask.key === key)?.value;
    if (asked === undefined || customer === undefined) return [];
    const entry = rig.entries.find((one) => one.key === key && one.participantId === customer);
    if (entry === undefined) {
      return record.endToldAt === undefined
        ? `${key} was asked for, and nothing is known of it`
        : [];
    }
    const standing = valuesAtEnd({ rig, record }, { key, participantId: customer }, entry.state);
    const said = entry.state === 'closed' ? entry.note['was'] : entry.state;
    if (PENDING.has(entry.state)) return `${key} has no verdict: ${entry.state}`;
    if (isBlind) return [];
    if (said === 'visible' && !standing.includes(asked)) {
      return `${key} is called visible, and ${standing.join(', then ')} stands there`;
    }
    return said === 'overwritten' && standing.every((value) => value === asked)
      ? `${key} is called overwritten, and ours stands there`
      : [];
  });
}

/** What stands there at last; where the guard went off with the end, what stood there about then. */
function valuesAtEnd(
  { rig, record }: Pick<Schedule, 'rig' | 'record'>,
  place: { readonly key: string; readonly participantId: string },
  state: string,
): readonly (string | undefined)[] {
  const stood = rig.platform.history.filter((one) => isAbout(one, { ...place, at: 0, state }));
  if (state !== 'closed' || record.endToldAt === undefined) return [stood.at(-1)?.value];
  const { endToldAt } = record;
  const about = stood.filter((one) => Math.abs(one.at - endToldAt) <= TURN_MS);
  return [stood.findLast((one) => one.at < endToldAt)?.value, ...about.map((one) => one.value)];
}

const PENDING: ReadonlySet<string> = new Set(['planned', 'sent', 'in-doubt', 'accepted', 'wiping']);
