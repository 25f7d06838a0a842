/** The candidate that a typing error most likely meant, or undefined when none is near. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const given = text.trim().toLowerCase();
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(given, candidate);
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  // A third of the letters wrong is a different word.
  return best !== undefined && best.distance <= Math.max(1, given.length / 3)
    ? best.candidate
    : undefined;
}

/** Levenshtein's distance; inputs are short names, so the plain table is fast enough. */
function editDistance(left: string, right: string): number {
  if (left.length > 200) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const swap = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
