/** Matches a topic against a pattern of it: `*` or `{id}` for one part, a last `**` for the rest. */
export function matchesTopic(pattern: string, topic: string): boolean {
  const wanted = pattern.split('.');
  const parts = topic.split('.');
  const isPrefix = wanted.at(-1) === '**';
  const fixed = isPrefix ? wanted.slice(0, -1) : wanted;
  if (isPrefix ? parts.length < fixed.length : parts.length !== fixed.length) return false;
  return fixed.every((part, i) => part === '*' || /^\{\w+\}$/.test(part) || part === parts[i]);
}
