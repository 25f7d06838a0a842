import type { Emulator } from '../emulator/index.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import type { PlannedConversation, PlannedMove } from './day.ts';

export interface StageOptions {
  readonly emulator: Emulator;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called as each conversation begins, before the platform can have told anybody of it. */
  readonly onBegin: (conversationId: string, plan: PlannedConversation) => void;
}

const MEDIA = { voice: 'calls', message: 'messages', callback: 'callbacks' } as const;

/** Plays customers and agents by the script; resolves when the last conversation has ended. */
export async function playScript(
  script: readonly PlannedConversation[],
  options: StageOptions,
): Promise<void> {
  await Promise.all(script.map((plan) => playOne(plan, options)));
}

async function playOne(plan: PlannedConversation, options: StageOptions): Promise<void> {
  const { emulator, clock, signal } = options;
  await sleep(clock, plan.startMs, signal);
  const { conversationId } = emulator.control.start({
    media: MEDIA[plan.medium],
    queue: plan.queue,
    from: plan.from,
    name: plan.name,
    ...(plan.medium === 'callback' ? { callbackNumbers: [plan.from] } : {}),
  });
  options.onBegin(conversationId, plan);
  let nowMs = 0;
  for (const { afterMs, move } of plan.moves) {
    await sleep(clock, afterMs - nowMs, signal);
    nowMs = afterMs;
    act(emulator, conversationId, move);
  }
}

function act(emulator: Emulator, conversationId: string, move: PlannedMove['move']): void {
  const { control } = emulator;
  switch (move) {
    case 'answer':
      control.move(conversationId, { kind: 'answer', user: anyUser(emulator) });
      return;
    case 'transfer':
      control.move(conversationId, { kind: 'enqueue', queue: 'Sales' });
      return;
    case 'end':
      control.end(conversationId);
  }
}

function anyUser(emulator: Emulator): string {
  const user = emulator.control.world().users[0];
  if (user === undefined) throw new Error('the emulated organization has no users');
  return user.name;
}
