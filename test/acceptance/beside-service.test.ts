import { describe, expect, it } from 'vitest';
import { serve } from './serve.ts';
import { startStage } from './stage.ts';

describe('enrich beside a running service', () => {
  it('hands its orders to the service that holds the ledger, and repeats nothing that a run has done', async () => {
    await using stage = await startStage('platform');
    const { env, stop, stopped } = await serve(stage);
    // Nobody waits in the queue that is listened to: the command alone asks for them.
    const ids = [1, 2].map(
      () => stage.emulator.control.start({ from: '+12125550101' }).conversationId,
    );
    const args = ['enrich', ...ids, '--run', 'Übergabe 1', '--json'];
    const first = await stage.rapport(args, env);
    expect([first.status, first.err]).toEqual([0, '']);
    expect(JSON.parse(first.out)).toMatchObject({ summary: { succeeded: 2, failed: 0 } });
    for (const id of ids) {
      expect(stage.emulator.control.attributes(id)).toEqual({ 'crm.tier': 'gold' });
    }
    const again = await stage.rapport(args, env);
    // The first answers once more: no new turn was run for them.
    expect(tracesOf(again.out)).toEqual(tracesOf(first.out));
    stop();
    await stopped;
  });
});

function tracesOf(out: string): readonly unknown[] {
  const { conversations } = JSON.parse(out) as { conversations: { traceId: string }[] };
  return conversations.map(({ traceId }) => traceId);
}
