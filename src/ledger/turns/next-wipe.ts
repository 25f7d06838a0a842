import type { AttributeEntry } from '../../domain/attribute-entry.ts';

/** When the first key that is being emptied wants attention; undefined when none is. */
export function nextWipeAt(entries: readonly AttributeEntry[]): number | undefined {
  const due = entries.flatMap(({ state, deadlineAt }) =>
    state === 'wiping' ? (deadlineAt ?? []) : [],
  );
  return due.length === 0 ? undefined : Math.min(...due);
}
