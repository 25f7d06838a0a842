import type { Sighting, Sightings } from './questions.ts';

interface Entry {
  readonly conversationId: string;
  readAt: number | undefined;
  readDoneAt: number | undefined;
  lookedUpAt: number | undefined;
  lookedUpDoneAt: number | undefined;
  writtenAt: number | undefined;
  writes: number;
  reads: number;
  proofReads: number;
}

const READ = /^\/api\/v2\/conversations\/(?:[a-z]+\/)?([0-9a-f-]{36})$/;
const WRITE =
  /^\/api\/v2\/conversations\/(?:[a-z]+\/)?([0-9a-f-]{36})\/participants\/[^/]+\/attributes$/;

/** Who was asked what and when, conversation by conversation. */
export class Notebook {
  lastAskedAt: number = 0;
  readonly #byId = new Map<string, Entry>();
  readonly #byCrmPath = new Map<string, Entry>();
  #otherRequests = 0;

  add(conversationId: string, from: string): void {
    const entry: Entry = {
      conversationId,
      readAt: undefined,
      readDoneAt: undefined,
      lookedUpAt: undefined,
      lookedUpDoneAt: undefined,
      writtenAt: undefined,
      writes: 0,
      reads: 0,
      proofReads: 0,
    };
    this.#byId.set(conversationId, entry);
    this.#byCrmPath.set(`/${encodeURIComponent(from)}`, entry);
  }

  platformAsked(method: string, path: string, at: number): void {
    this.lastAskedAt = at;
    const entry = this.#entryOf(method, path);
    if (entry === undefined) {
      this.#otherRequests += 1;
    } else if (method === 'PATCH') {
      entry.writes += 1;
      entry.writtenAt ??= at;
    } else if (entry.writtenAt === undefined) {
      entry.reads += 1;
      entry.readAt ??= at;
    } else {
      entry.proofReads += 1;
    }
  }

  platformAnswered(method: string, path: string, at: number): void {
    const entry = method === 'GET' ? this.#entryOf(method, path) : undefined;
    if (entry !== undefined) entry.readDoneAt ??= at;
  }

  crmAsked(path: string, at: number): void {
    const entry = this.#byCrmPath.get(path);
    if (entry !== undefined) entry.lookedUpAt ??= at;
  }

  crmAnswered(path: string, at: number): void {
    const entry = this.#byCrmPath.get(path);
    if (entry !== undefined) entry.lookedUpDoneAt ??= at;
  }

  sightings(): Sightings {
    const conversations = [...this.#byId.values()].map((entry): Sighting => {
      const { conversationId, writtenAt, writes, reads, proofReads } = entry;
      const readMs = between(entry.readAt, entry.readDoneAt);
      const lookupMs = between(entry.lookedUpAt, entry.lookedUpDoneAt);
      return { conversationId, readMs, lookupMs, writtenAt, writes, reads, proofReads };
    });
    return { conversations, otherRequests: this.#otherRequests };
  }

  #entryOf(method: string, path: string): Entry | undefined {
    const pattern = method === 'PATCH' ? WRITE : READ;
    return this.#byId.get(pattern.exec(path)?.[1] ?? '');
  }
}

const between = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : to - from;
