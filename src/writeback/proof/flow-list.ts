import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { memoryOf, type ProofMemory } from './memory.ts';

/** A voice flow that runs, and whether it began before (`older`) or after (`newer`) the last write. */
export interface RunningFlow {
  /** Undefined when it was seen and not named. */
  readonly id: string | undefined;
  readonly age: 'older' | 'newer';
}

/** The voice flows that run as far as the entry knows: a call may pass one while another still waits. */
export function runningFlows(entry: AttributeEntry): readonly RunningFlow[] {
  const { flow, flows } = memoryOf(entry);
  if (flow === undefined) return [];
  if (flows === undefined) return [{ id: undefined, age: flow }];
  return flows.split(' ').map((text) => {
    const [age = '', id = ''] = text.split(':');
    return {
      age: age === 'older' ? 'older' : 'newer',
      id: id === '' ? undefined : decodeURIComponent(id),
    };
  });
}

/** What is to be remembered of them. A note holds texts and numbers, so they go into one text. */
export function rememberFlows(running: readonly RunningFlow[]): {
  readonly [K in 'flow' | 'flows']: ProofMemory[K] | undefined;
} {
  if (running.length === 0) return { flow: undefined, flows: undefined };
  const flow = running.some(({ age }) => age === 'older') ? 'older' : 'newer';
  const [only] = running;
  const isPlain = running.length === 1 && only?.id === undefined;
  const flows = running.map(({ age, id }) => `${age}:${encodeURIComponent(id ?? '')}`).join(' ');
  return { flow, flows: isPlain ? undefined : flows };
}

/** After a write everything that runs began before it. */
export const asOlder = (running: readonly RunningFlow[]): readonly RunningFlow[] =>
  running.map((flow) => ({ ...flow, age: 'older' }));
