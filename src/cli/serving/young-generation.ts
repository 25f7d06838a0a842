import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Most room for objects that were just made, in bytes: two halves of 8 MiB. V8 doubles it up to 128 MiB
 * under a load of 200 enrichments a second, which makes the process 110 MiB larger; runs by
 * turns showed no saving in processor time that stands out of their noise, 15 %. Measured 2026-11-21, Node 24.21.0.
 */
const MOST_BYTES = 16 * 1_048_576;

/** V8's own factor of growth, and the one by which nothing grows. */
const GROW = 2;
const STAY = 1;

/** How V8 is told its size by whoever starts the process; then nothing is set here. */
const SIZE_FLAGS = /--(?:max|min)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/;

/**
 * Keeps V8's young generation from growing beyond a bound, unless `given`, the options of this
 * Node, say a size. V8 takes a largest size only when the process starts, but asks for the factor at
 * each growth, in all threads. It also shrinks the room while there is little to do, so the factor is
 * weighed anew after each collection. A turn of the event loop that collects twice may pass the bound once.
 */
export function boundYoungGeneration(given: string, mostBytes: number = MOST_BYTES): Disposable {
  if (SIZE_FLAGS.test(given)) return { [Symbol.dispose]: () => undefined };
  let factor = GROW;
  const set = (next: number): void => {
    if (next !== factor) setFlagsFromString(`--semi-space-growth-factor=${next}`);
    factor = next;
  };
  const weigh = (): void => set(GROW * youngBytes() <= mostBytes ? GROW : STAY);
  const collections = new PerformanceObserver(weigh);
  collections.observe({ entryTypes: ['gc'] });
  weigh();
  return {
    [Symbol.dispose]() {
      collections.disconnect();
      set(GROW);
    },
  };
}

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
