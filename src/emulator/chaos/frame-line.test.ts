import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { createChaos } from './chaos.ts';
import { createFrameLine } from './frame-line.ts';

function setUp(...rules: readonly unknown[]) {
  const clock = new ManualClock();
  const chaos = createChaos('seed-1');
  for (const rule of rules) chaos.add(rule);
  const wire: string[] = [];
  const faults: string[] = [];
  const line = createFrameLine<string>({
    chaos,
    clock,
    sink: {
      send: (frame) => wire.push(`${frame}@${clock.monotonicMs()}`),
      cut: () => wire.push(`cut@${clock.monotonicMs()}`),
      onFault: (_, plan) => faults.push(...plan.rules),
    },
  });
  const offer = (...frames: readonly string[]): void => {
    for (const frame of frames) line.offer(frame, { topic: `v2.${frame}`, channelId: 'ch1' });
  };
  return { clock, line, wire, faults, offer };
}

describe('createFrameLine', () => {
  it('sends frames at once and in order when there is no rule', () => {
    const { offer, wire } = setUp();
    offer('a', 'b');
    expect(wire).toEqual(['a@0', 'b@0']);
  });

  it('sends a late frame after the ones that came later', async () => {
    const { clock, offer, wire, faults } = setUp({
      id: 'late',
      kind: 'delay-frame',
      topic: 'v2.a',
      latency: { distribution: 'fixed', ms: 250 },
    });
    offer('a', 'b');
    await clock.advance(1000);
    expect(wire).toEqual(['b@0', 'a@250']);
    expect(faults).toEqual(['late']);
  });

  it('holds a frame until the wanted number of others have passed', () => {
    const { offer, wire } = setUp({ kind: 'reorder-frame', topic: 'v2.a', behind: 2 });
    offer('a', 'b', 'c', 'd');
    expect(wire).toEqual(['b@0', 'c@0', 'a@0', 'd@0']);
  });

  it('sends a held frame all the same when no other comes', async () => {
    const { clock, offer, wire } = setUp({ kind: 'reorder-frame', topic: 'v2.a', waitMs: 500 });
    offer('a');
    await clock.advance(499);
    expect(wire).toEqual([]);
    await clock.advance(1);
    expect(wire).toEqual(['a@500']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is silent while muted, then carries on', async () => {
    const { clock, offer, wire } = setUp({ kind: 'mute-socket', times: 1, forMs: 60_000 });
    offer('a', 'b');
    await clock.advance(59_999);
    offer('c');
    await clock.advance(1);
    offer('d');
    expect(wire).toEqual(['d@60000']);
  });

  it('cuts the socket instead of sending', () => {
    const { offer, wire } = setUp({ kind: 'cut-socket', skip: 1, times: 1 });
    offer('a', 'b');
    expect(wire).toEqual(['a@0', 'cut@0']);
  });

  it('leaves no timer behind when it is disposed', async () => {
    const { clock, line, offer, wire } = setUp(
      { kind: 'delay-frame', topic: 'v2.a', latency: { distribution: 'fixed', ms: 10 } },
      { kind: 'reorder-frame', topic: 'v2.b' },
    );
    offer('a', 'b');
    line[Symbol.dispose]();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(5000);
    expect(wire).toEqual([]);
  });
});
