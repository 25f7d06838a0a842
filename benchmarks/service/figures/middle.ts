import type { Measurement } from '../load/measure.ts';
import type { Figures } from './figures.ts';

/**
 * One measurement for several: that with the middle processor time, since a virtual machine is as fast as its
 * neighbours let it be. What went wrong counts whenever it did.
 */
export function middleOf(rounds: readonly Measurement[]): Measurement {
  const byTime = rounds.toSorted((a, b) => timeOf(a) - timeOf(b));
  const middle = byTime[Math.floor((byTime.length - 1) / 2)];
  if (middle === undefined) throw new Error('--rounds takes 1 or more');
  const sum = (count: (figures: Figures) => number): number =>
    rounds.reduce((all, { figures }) => all + count(figures), 0);
  const wrong = {
    refused: sum(({ refused }) => refused),
    notWritten: sum(({ notWritten }) => notWritten),
    writtenTwice: sum(({ writtenTwice }) => writtenTwice),
  };
  return { ...middle, figures: { ...middle.figures, ...wrong } };
}

const timeOf = ({ figures }: Measurement): number => figures.cpuSecondsPerThousand;
