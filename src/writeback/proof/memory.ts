import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import type { Overwriter } from './event.ts';

/**
 * What the rules remember of an entry beside its own fields; kept in `note`, free of values. Each part
 * belongs to one question that the rules ask; what is absent is not so, or not known.
 */
export interface ProofMemory
  extends
    VerdictMemory,
    WantMemory,
    WriteMemory,
    EvidenceMemory,
    FlowMemory,
    GuardMemory,
    EndMemory,
    WipeMemory {}

/** What is said of the key, and to whom. */
interface VerdictMemory {
  /** The enrichment that waits for this key's verdict. */
  readonly turn?: string;
  /** The verdict which that enrichment's outbox message carried. */
  readonly told?: AttributeState;
  /** No further change of the verdict is waited for. */
  readonly final?: boolean;
  /** How long after its deadline the write showed, in milliseconds. */
  readonly lateMs?: number;
  readonly reason?: string;
  readonly code?: string;
}

/** What was wanted, and of whom. */
interface WantMemory {
  /** A subscribed topic carries the conversation's attributes: reads can wait. */
  readonly covered?: boolean;
  /** Somebody chose a participant that Architect does not read. */
  readonly aside?: boolean;
  /** The wanted value is "gone": an empty text and an absent key prove it alike. */
  readonly removal?: boolean;
  /** The customer was already looked for again. */
  readonly resolved?: boolean;
}

/** How the writing of the wanted value stands. */
interface WriteMemory {
  /** A PATCH with this key has left and not been answered. */
  readonly inFlight?: boolean;
  /** How often the wanted value was sent again in doubt. */
  readonly doubts?: number;
  /** When the answer to the last write was given up: up to then it may have been taken. */
  readonly lostAt?: number;
  /** Every write of the wanted value was turned away. */
  readonly untaken?: boolean;
  /** What stands there may have been written by a turn that did not live to say so. */
  readonly presumed?: boolean;
  /** The wanted value may have stood there before the last write: an echo may be from then. */
  readonly repeated?: boolean;
}

/** What was seen, and what is still to be asked. */
interface EvidenceMemory {
  /** Reads asked for since the last acknowledgement. */
  readonly reads?: number;
  /** A read since the last acknowledgement has shown something else. */
  readonly readMissed?: boolean;
  /** The last read before the verdict has been asked for. */
  readonly judging?: boolean;
  /** Somebody else's value was seen while ours was on its way. */
  readonly contested?: boolean;
  /** Evidence that cannot be placed in time speaks against ours; a read will tell. */
  readonly suspect?: boolean;
  /** It is suspect only because evidence may have been missed: none is known. */
  readonly unheard?: boolean;
  /** What was seen last was read; a read and an event have no order but that in which they came. */
  readonly wasRead?: boolean;
  /** When the newest event that showed the wanted value happened, by the platform's clock. */
  readonly wantedAt?: number;
}

/** Which voice flows may hold an older copy of the attributes. */
interface FlowMemory {
  /** A voice flow is running that began before (`older`) or after (`newer`) the last write. */
  readonly flow?: 'older' | 'newer';
  /** Nobody looked whether a flow was running when the value was wanted. */
  readonly flowUnknown?: boolean;
  /** Each of them, when there are several or they have names; see `flow-list.ts`. */
  readonly flows?: string;
  /** When a flow's end was told, by our clock, and when it happened, by the platform's. */
  readonly flowEndedAt?: number;
  readonly flowEndedEventAt?: number;
  readonly flowEndedId?: string;
  /** Until then a flow that began before the last write, and has ended, may write its copy back. */
  readonly settlesAt?: number;
}

/** Of a key that was overwritten. */
interface GuardMemory {
  readonly by?: Overwriter;
  /** Rewrites are spent and the alert is out. */
  readonly spent?: boolean;
}

/** Of a key whose conversation is over. */
interface EndMemory {
  /** One last read may still tell. */
  readonly lastRead?: boolean;
  /** Proved only after the end. */
  readonly atEnd?: boolean;
  /** The state in which the end, or a wipe, found it. */
  readonly was?: AttributeState;
}

/** Of a key that is being emptied. */
interface WipeMemory {
  /** When it is given up, in epoch milliseconds. */
  readonly wipeBy?: number;
  /** The platform has taken the write that empties the key. */
  readonly wipeAcked?: boolean;
  /** The key was seen empty, and that proved nothing yet. */
  readonly emptied?: boolean;
  /** A read has shown our value after the wipe had left. */
  readonly stillRead?: boolean;
  /** The last value of ours was never seen there when the wipe began: it may still arrive. */
  readonly unseen?: boolean;
  /** The key was seen empty, or not at all, when the wipe began: to see it so again proves nothing. */
  readonly wasEmpty?: boolean;
  /** Somebody else's value stands there after the wipe. */
  readonly theirs?: boolean;
}

type Remembered = AttributeEntry['note'][string];
type MemoryPatch = { readonly [K in keyof ProofMemory]: ProofMemory[K] | undefined };

export function memoryOf(entry: AttributeEntry): ProofMemory {
  // Sound because only `remember` writes a note, and only from this type.
  return entry.note;
}

/** The entry with these things remembered; undefined forgets. */
export function remember(entry: AttributeEntry, patch: MemoryPatch): AttributeEntry {
  const note: Record<string, Remembered> = {};
  // Left out rather than deleted: an object that something was deleted from is slow in all that follows.
  const keep = (from: Readonly<Record<string, Remembered | undefined>>, but?: object): void => {
    for (const name in from) {
      const value = from[name];
      if (value !== undefined && (but === undefined || !(name in but))) note[name] = value;
    }
  };
  keep(entry.note, patch);
  keep(patch);
  return { ...entry, note };
}
