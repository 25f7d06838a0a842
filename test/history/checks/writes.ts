import { frozenOf, type HistoryEvent, type Read, type Told, type Written } from '../history.ts';

/** A value that a write put on a key, until another one or somebody else's takes its place. */
interface Standing {
  readonly value: string;
  readonly writer: string;
  /** Who has looked since, and has not found it or could not be told. */
  readonly missedBy: Set<string>;
  /** The platform has shown it to somebody. */
  hasStood: boolean;
  /** It had stood there, and then the platform told that it no longer did. */
  isGone: boolean;
  /** It took the place of another value that nobody has seen there: that one may still arrive after it. */
  readonly overUnseen: boolean;
}

/** Per conversation, by participant and key. */
type Standings = Map<string, Map<string, Standing>>;

/**
 * Nothing is written twice: a value is sent again only after its writer has looked, later than the
 * write before, and has not found it there, or could not be told; or after the platform has told
 * that what had stood there was gone. A process that was frozen may send once more what it was
 * about to send; the guard sees to that. A key that is emptied while its own value has been taken and
 * not seen may be emptied once more: that value may be applied after the first blank. What a killed
 * process had heard of the value died with it, so that its successor counts the value as not seen.
 */
export function checkWrites(history: readonly HistoryEvent[]): string[] {
  const frozen = frozenOf(history);
  const standings: Standings = new Map();
  const faults: string[] = [];
  const killed = new Set<string>();
  for (const event of history) {
    if (event.kind === 'killed') killed.add(event.instance);
    else if (event.kind === 'read') noteRead(standings, event);
    else if (event.kind === 'told') noteTold(standings, event);
    else if (event.kind === 'changed') {
      for (const key of Object.keys(event.values)) {
        standings.get(event.conversationId)?.delete(nameOf(event.participantId, key));
      }
    } else if (event.kind === 'written') {
      const isForgiven = frozen.has(event.instance);
      const blind = noteWrite(standings, event, killed);
      if (!isForgiven) faults.push(...blind);
    }
  }
  return faults;
}

const nameOf = (participantId: string, key: string): string => `${participantId}\n${key}`;

/** @returns what is wrong with the write */
function noteWrite(standings: Standings, written: Written, killed: ReadonlySet<string>): string[] {
  const { conversationId, participantId, values, instance } = written;
  const standing = standings.get(conversationId) ?? new Map<string, Standing>();
  standings.set(conversationId, standing);
  return Object.entries(values).flatMap(([key, value]) => {
    const name = nameOf(participantId, key);
    const before = standing.get(name);
    const overUnseen = before !== undefined && before.value !== value && !before.hasStood;
    standing.set(name, {
      value,
      writer: instance,
      missedBy: new Set(),
      hasStood: false,
      isGone: false,
      overUnseen,
    });
    if (before?.value !== value || before.missedBy.has(instance) || before.isGone) return [];
    if (value === '' && (before.overUnseen || killed.has(before.writer))) return [];
    return [
      `${conversationId} ${key} '${value}' was written twice, the second time by ${instance}`,
    ];
  });
}

function noteRead(standings: Standings, { conversationId, instance, shown }: Read): void {
  for (const [name, standing] of standings.get(conversationId) ?? []) {
    if (valueIn(shown, name) === standing.value) standing.hasStood = true;
    else standing.missedBy.add(instance);
  }
}

function noteTold(standings: Standings, { conversationId, shown }: Told): void {
  for (const [name, standing] of standings.get(conversationId) ?? []) {
    const isThere = valueIn(shown, name) === standing.value;
    standing.isGone = standing.hasStood && !isThere;
    standing.hasStood ||= isThere;
  }
}

function valueIn(shown: Read['shown'], name: string): string | undefined {
  const [participantId = '', key = ''] = name.split('\n');
  return shown?.get(participantId)?.[key];
}
