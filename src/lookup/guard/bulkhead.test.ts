import { describe, expect, it } from 'vitest';
import { Bulkhead, type Place } from './bulkhead.ts';

const never = new AbortController().signal;

async function mustEnter(bulkhead: Bulkhead, signal: AbortSignal = never): Promise<Place> {
  const place = await bulkhead.enter(signal);
  if (place === undefined) throw new Error('the line is full');
  return place;
}

describe('Bulkhead', () => {
  it('admits as many as it has places, and lets so many more wait', async () => {
    const bulkhead = new Bulkhead({ concurrent: 2, waiting: 1 });
    await mustEnter(bulkhead);
    await mustEnter(bulkhead);
    void bulkhead.enter(never);
    expect([bulkhead.running, bulkhead.waiting]).toEqual([2, 1]);
    expect(await bulkhead.enter(never)).toBeUndefined();
  });

  it('hands a place to whoever has waited longest', async () => {
    const bulkhead = new Bulkhead({ concurrent: 1, waiting: 2 });
    const first = await mustEnter(bulkhead);
    const order: string[] = [];
    const second = mustEnter(bulkhead).then((place) => (order.push('second'), place));
    const third = mustEnter(bulkhead).then((place) => (order.push('third'), place));
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    expect(order).toEqual(['second', 'third']);
    expect([bulkhead.running, bulkhead.waiting]).toEqual([0, 0]);
  });

  it('frees the place in the line at once when a waiter leaves', async () => {
    const bulkhead = new Bulkhead({ concurrent: 1, waiting: 1 });
    await mustEnter(bulkhead);
    const controller = new AbortController();
    const waiter = bulkhead.enter(controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiter).rejects.toThrow('gone');
    expect(bulkhead.waiting).toBe(0);
  });

  it('gives a place back once, however often it is disposed', async () => {
    const bulkhead = new Bulkhead({ concurrent: 2, waiting: 0 });
    const place = await mustEnter(bulkhead);
    await mustEnter(bulkhead);
    place[Symbol.dispose]();
    place[Symbol.dispose]();
    expect(bulkhead.running).toBe(1);
  });
});
