/** The emulator in a process of its own, so that a load on it is not measured together with the sender. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startEmulator, type Emulator } from '../../src/emulator/index.ts';
import { answerParent } from '../kit/host.ts';

export interface Ids {
  readonly conversationId: string;
  readonly participantId: string;
}

export interface EmulatorOrder {
  readonly conversations: number;
  /** Further conversations that begin and end each second. */
  readonly churn: number;
}

export interface Listening {
  readonly url: string;
  readonly conversations: readonly Ids[];
}

export interface Held {
  readonly heapMiB: number;
  readonly residentMiB: number;
  /** Processor time since the start. */
  readonly cpuSeconds: number;
}

export type EmulatorQuestions = {
  readonly start: (order: EmulatorOrder) => Promise<Listening>;
  readonly usage: (nothing: undefined) => Held;
};

/** Shorter than the warm-up, so that as many are forgotten as end when measuring begins. */
const KEPT_FOR_MS = 2000;
const MEDIA = ['calls', 'messages', 'callbacks', 'emails'] as const;
const MIB = 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let emulator: Emulator;
let churning: NodeJS.Timeout;
let begun = 0;

function begin(): Ids {
  const started = emulator.control.start({
    media: MEDIA[begun % MEDIA.length] ?? 'calls',
    queue: 'Support',
    attributes: { reason: `order ${begun}` },
  });
  begun += 1;
  emulator.control.move(started.conversationId, { kind: 'answer', user: 'Ada Agent' });
  return started;
}

async function start(order: EmulatorOrder): Promise<Listening> {
  emulator = await startEmulator({
    limits: { tokenPerWindow: 1_000_000_000, orgAppUserPerWindow: 1_000_000_000 },
    // Full after a second: a log that is still filling would look like a leak.
    requestLogSize: 1000,
    retention: { endedForMs: KEPT_FOR_MS },
  });
  const conversations = Array.from({ length: order.conversations }, begin);
  churning = setInterval(() => {
    for (let i = 0; i < order.churn; i++) emulator.control.end(begin().conversationId);
  }, 1000);
  return { url: emulator.url, conversations };
}

/** Memory after a full collection, so that what is told is what is held. */
function usage(): Held {
  const { user, system } = process.cpuUsage();
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMiB: heapUsed / MIB, residentMiB: rss / MIB, cpuSeconds: (user + system) / 1e6 };
}

answerParent({ start, usage } satisfies EmulatorQuestions);

process.once('disconnect', () => {
  clearInterval(churning);
  void emulator[Symbol.asyncDispose]();
});
