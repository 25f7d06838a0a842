import { expect, it } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { NoteWatch } from './note-watch.ts';

it('has every other instance follow once, whoever tells it, and none that starts later', async () => {
  const clock = new ManualClock(0);
  const kept = new Map<string, string>();
  let count = 0;
  let isAway = false;
  const seen: string[] = [];
  const start = (instance: string): NoteWatch =>
    new NoteWatch({
      clock,
      log: silentLog,
      newId: () => `note ${(count += 1)}`,
      onTold: () => ({
        reload: () => void seen.push(instance),
        enable: () => void seen.push('enable'),
      }),
      notes: {
        async read(name) {
          if (isAway) throw new Error('the store is away');
          return kept.get(name);
        },
        async write(name, value) {
          if (isAway) throw new Error('the store is away');
          kept.set(name, value);
        },
      },
    });
  await using one = start('one');
  await using two = start('two');
  await clock.advance(2000);
  await one.tell('reload');
  await clock.advance(2000);
  expect(seen).toEqual(['two']);
  await using three = start('three');
  await clock.advance(4000);
  expect(seen).toEqual(['two']);
  kept.set('reload', 'told by a command');
  isAway = true;
  await clock.advance(4000);
  expect(seen).toEqual(['two']);
  isAway = false;
  await clock.advance(2000);
  expect(seen.toSorted()).toEqual(['one', 'three', 'two', 'two']);
  // Whoever tells it has done it already.
  await Promise.all([two.tell('enable'), three.tell('reload')]);
  await clock.advance(2000);
  expect(seen.slice(4).toSorted()).toEqual(['enable', 'enable', 'one', 'two']);
  isAway = true;
  await one.tell('reload');
  await clock.advance(4000);
  isAway = false;
  await clock.advance(4000);
  expect(seen.slice(8).toSorted()).toEqual(['three', 'two']);
});

it('does not follow what it told itself while it was looking', async () => {
  const clock = new ManualClock(0);
  let kept = 'old';
  let reading: Promise<void> | undefined;
  const seen: string[] = [];
  await using watch = new NoteWatch({
    clock,
    log: silentLog,
    newId: () => 'new',
    onTold: () => ({ reload: () => void seen.push('reload') }),
    notes: {
      async read() {
        const found = kept;
        await reading;
        return found;
      },
      async write(_name, value) {
        kept = value;
      },
    },
  });
  await clock.advance(0);
  const read = Promise.withResolvers<void>();
  reading = read.promise;
  await clock.advance(2000);
  await watch.tell('reload');
  read.resolve();
  await clock.advance(4000);
  expect(seen).toEqual([]);
});
