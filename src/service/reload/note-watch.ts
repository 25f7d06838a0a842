import { levelOf, messageOf } from '../../domain/errors.ts';
import type { Notes } from '../../ledger/instances/notes.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

/** How often it is looked whether another instance has told something, in milliseconds. */
const LOOK_MS = 2000;

/** The note by which a destination that had said 410 is sent to again. */
export const enableNote = (destination: string): string => `destination-enabled:${destination}`;

export interface NoteWatchParts {
  readonly notes: Pick<Notes, 'read' | 'write'>;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
  /** What is done, by name, once another instance, or a command, tells it; asked at each look. */
  readonly onTold: () => Readonly<Record<string, () => void>>;
}

/**
 * Has every instance on one store do the same, within seconds: whoever begins writes a new note,
 * and the others find that it is another than before. What was told while an instance was down does not
 * concern it: it starts with everything as it is now.
 */
export class NoteWatch implements AsyncDisposable {
  readonly #parts: NoteWatchParts;
  readonly #heard = new Map<string, string | undefined>();
  /** What the store has not taken yet. */
  readonly #untold = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #looking: Promise<void>;

  constructor(parts: NoteWatchParts) {
    this.#parts = parts;
    this.#looking = this.#look();
  }

  /** Tells the other instances: at once, or as soon as the store is back. */
  async tell(name: string): Promise<void> {
    const told = this.#parts.newId();
    this.#heard.set(name, told);
    this.#untold.set(name, told);
    await this.#write(name, told);
  }

  async #write(name: string, told: string): Promise<void> {
    const { notes, log } = this.#parts;
    try {
      await notes.write(name, told);
      if (this.#untold.get(name) === told) this.#untold.delete(name);
    } catch (error) {
      log[levelOf(error, 'warn')]('note.not-written', { note: name, message: messageOf(error) });
    }
  }

  async #look(): Promise<void> {
    const { onTold, clock, log } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const [name, told] of this.#untold) await this.#write(name, told);
      for (const [name, act] of Object.entries(onTold())) {
        // What stands there is older than what is to be told.
        if (this.#untold.has(name)) continue;
        try {
          if (await this.#isNew(name)) act();
        } catch (error) {
          const level = levelOf(error, 'error');
          log[level]('note.not-followed', { note: name, message: messageOf(error) });
        }
      }
      await sleep(clock, LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #isNew(name: string): Promise<boolean> {
    const isFirst = !this.#heard.has(name);
    const before = this.#heard.get(name);
    const told = await this.#parts.notes.read(name);
    // What this instance tells meanwhile is newer than what stood there.
    if (this.#heard.get(name) !== before) return false;
    this.#heard.set(name, told);
    return !isFirst && told !== before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the service stops'));
    await this.#looking;
  }
}
