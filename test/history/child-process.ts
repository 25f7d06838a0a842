import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HistoryEvent } from './history.ts';
import { sharedNow } from './watched.ts';
import type { ChildSetup, FromChild, LogLine, ToChild } from './wire.ts';

/** Whom a child process tells what. */
export interface ChildListener {
  readonly onEvent: (event: HistoryEvent) => void;
  readonly onRefused?: ((dedupeKeys: readonly string[]) => void) | undefined;
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

/** A process of a rig. Signals go to its own pid and nowhere else. */
export class Child {
  readonly instance: string;
  readonly exited: Promise<void>;
  /** Resolves once it works, or is dead. */
  readonly ready: Promise<void>;
  isAlive = true;
  /** Whether it ended by itself, with an error that it wrote to the test's own standard error. */
  hasFailed = false;
  /** Where its HTTP interface is, once it is ready and if it has one. */
  url: string | undefined;
  readonly #process: ChildProcess;
  readonly #listener: ChildListener;
  readonly #isReady = Promise.withResolvers<void>();
  #stats: ((stats: Extract<FromChild, { kind: 'stats' }>) => void) | undefined;

  /** @param module what it runs */
  constructor(module: URL, setup: ChildSetup, listener: ChildListener) {
    this.instance = setup.instance;
    this.#listener = listener;
    this.#process = spawn(process.execPath, [fileURLToPath(module), JSON.stringify(setup)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // A child that was killed closes its input under the writer.
    this.#process.stdin?.on('error', () => undefined);
    const isRead = Promise.withResolvers<void>();
    const lines = createInterface({ input: this.#process.stdout ?? process.stdin });
    lines.on('line', (line) => this.#hear(parseLine(line)));
    lines.once('close', () => isRead.resolve());
    const hasExited = new Promise<void>((resolve) => {
      this.#process.once('exit', (code, signal) => {
        this.isAlive = false;
        const at = sharedNow();
        this.hasFailed = code !== null && code !== 0;
        if (signal !== null) listener.onEvent({ kind: 'killed', instance: this.instance, at });
        resolve();
      });
    });
    this.exited = Promise.all([hasExited, isRead.promise]).then(() => undefined);
    this.ready = Promise.race([this.#isReady.promise, this.exited]);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(message: ToChild): void {
    if (this.isAlive) this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name);
  }

  async stop(): Promise<void> {
    this.send({ kind: 'stop' });
    await this.exited;
  }

  /** Conversations that are due or leased, and requests that are not answered. */
  async stats(): Promise<{ working: number; openRequests: number }> {
    const answer = new Promise<{ working: number; openRequests: number }>((resolve) => {
      this.#stats = resolve;
    });
    this.send({ kind: 'stats' });
    const nobody = this.exited.then(() => ({ working: 1, openRequests: 1 }));
    return Promise.race([answer, nobody]);
  }

  #hear(message: FromChild | undefined): void {
    switch (message?.kind) {
      case 'event':
        return this.#listener.onEvent(message.event);
      case 'ready':
        this.url = message.url;
        return this.#isReady.resolve();
      case 'refused':
        return this.#listener.onRefused?.(message.dedupeKeys);
      case 'log':
        return this.#listener.onLog?.(message);
      case 'stats':
        return this.#stats?.(message);
      case undefined:
    }
  }
}

/** The last line of a killed process may be cut off. */
function parseLine(line: string): FromChild | undefined {
  try {
    return JSON.parse(line) as FromChild;
  } catch {
    return undefined;
  }
}

/** Stands still for a while, as a machine does that is out of memory. */
export async function freeze(
  child: Child,
  pause: Promise<unknown>,
  history: HistoryEvent[],
): Promise<void> {
  const at = sharedNow();
  child.signal('SIGSTOP');
  await pause;
  child.signal('SIGCONT');
  history.push({ kind: 'frozen', instance: child.instance, at, until: sharedNow() });
}
