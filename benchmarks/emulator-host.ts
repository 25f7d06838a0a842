/**
 * The emulator in a process of its own, so that a load on it is not measured together with the
 * load's sender. Speaks with its parent: tells where it listens, and on demand what it uses.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startEmulator } from '../src/emulator/index.ts';

/** What the parent is told. */
export type HostMessage =
  | { readonly kind: 'listening'; readonly url: string; readonly conversationIds: readonly Ids[] }
  | {
      readonly kind: 'usage';
      readonly heapBytes: number;
      readonly rssBytes: number;
      /** Processor time since the start, in seconds. */
      readonly cpuSeconds: number;
    };

export interface Ids {
  readonly conversationId: string;
  readonly participantId: string;
}

export interface HostOrder {
  readonly conversations: number;
  /** Further conversations that begin and end each second. */
  readonly churn: number;
}

/** Shorter than the warm-up, so that as many are forgotten as end when measuring begins. */
const KEPT_FOR_MS = 2000;
const MEDIA = ['calls', 'messages', 'callbacks', 'emails'] as const;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const tell = (message: HostMessage): void => void process.send?.(message);

process.once('message', (order: HostOrder) => void host(order));

async function host({ conversations, churn }: HostOrder): Promise<void> {
  const emulator = await startEmulator({
    limits: { tokenPerWindow: 1_000_000_000, orgAppUserPerWindow: 1_000_000_000 },
    // Full after a second: a log that is still filling would look like a leak.
    requestLogSize: 1000,
    retention: { endedForMs: KEPT_FOR_MS },
  });
  let begun = 0;
  const begin = (): Ids => {
    const started = emulator.control.start({
      media: MEDIA[begun % MEDIA.length] ?? 'calls',
      queue: 'Support',
      attributes: { reason: `order ${begun}` },
    });
    begun += 1;
    emulator.control.move(started.conversationId, { kind: 'answer', user: 'Ada Agent' });
    return started;
  };
  const conversationIds = Array.from({ length: conversations }, begin);
  const churning = setInterval(() => {
    for (let i = 0; i < churn; i++) emulator.control.end(begin().conversationId);
  }, 1000);
  process.on('message', (message: 'usage' | 'stop') => {
    if (message === 'usage') {
      tellUsage();
      return;
    }
    clearInterval(churning);
    void emulator[Symbol.asyncDispose]().then(() => process.disconnect());
  });
  tell({ kind: 'listening', url: emulator.url, conversationIds });
}

/** Memory after a full collection, so that what is told is what is held. */
function tellUsage(): void {
  const { user, system } = process.cpuUsage();
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  const cpuSeconds = (user + system) / 1_000_000;
  tell({ kind: 'usage', heapBytes: heapUsed, rssBytes: rss, cpuSeconds });
}
