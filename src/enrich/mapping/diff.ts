import type { Attributes } from '../../domain/attributes.ts';

/**
 * The keys whose text differs from what the participant holds: all that is sent. The platform
 * merges per key, so a key that is not sent stays as it is, whoever wrote it.
 */
export function diffAttributes(wanted: Attributes, present: Attributes): Attributes {
  const changed = new Map<string, string>();
  for (const [key, text] of wanted) {
    if (present.get(key) !== text) changed.set(key, text);
  }
  return changed;
}
