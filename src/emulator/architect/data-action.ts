import { createDeadline, TimeoutError } from '../../lib/abort.ts';
import type { World } from '../world/world.ts';
import type { DataActionCall } from './step.ts';

/** Source: the contract's `timeoutSeconds` of an action's configuration, 1 to 60. */
const TIMEOUT_MS = { min: 1000, max: 60_000, usual: 10_000 } as const;

export interface DataActionResult {
  readonly outcome: 'success' | 'failure' | 'timeout';
  /** The answer's members as text; an object or array in its JSON form. */
  readonly output: ReadonlyMap<string, string>;
}

/** Calls a data action's endpoint as the platform's web-service integration does: JSON out, JSON back. */
export async function callDataAction(
  world: World,
  call: DataActionCall,
  body: Readonly<Record<string, string>>,
): Promise<DataActionResult> {
  const wished = call.timeoutMs ?? TIMEOUT_MS.usual;
  const timeoutMs = Math.min(TIMEOUT_MS.max, Math.max(TIMEOUT_MS.min, wished));
  using deadline = createDeadline(world.clock, timeoutMs, world.stopped);
  try {
    const answer = await fetch(call.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...call.headers },
      body: JSON.stringify(body),
      signal: deadline.signal,
    });
    if (!answer.ok) return { outcome: 'failure', output: new Map() };
    return { outcome: 'success', output: textsOf(await answer.json()) };
  } catch {
    // A flow sees three exits and no cause: success, failure, timeout.
    const isTimeout = deadline.signal.reason instanceof TimeoutError;
    return { outcome: isTimeout ? 'timeout' : 'failure', output: new Map() };
  }
}

function textsOf(value: unknown): Map<string, string> {
  const texts = new Map<string, string>();
  if (typeof value !== 'object' || value === null) return texts;
  for (const [key, item] of Object.entries(value)) {
    texts.set(key, typeof item === 'string' ? item : JSON.stringify(item));
  }
  return texts;
}
