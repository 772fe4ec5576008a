/** Comparing every line with every other must not hold up the controller. */
const MAX_COMPARISONS = 4_000_000;

/** How many lines were added and removed, as `diff` counts them. */
export function lineCounts(before: string, after: string): { added: number; removed: number } {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const common = left.length * right.length > MAX_COMPARISONS ? 0 : longestCommon(left, right);
  return { added: right.length - common, removed: left.length - common };
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Length of the longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let before = new Uint32Array(b.length + 1);
  for (const line of a) {
    const row = new Uint32Array(b.length + 1);
    for (let at = 0; at < b.length; at++) {
      const longest = Math.max(before[at + 1] as number, row[at] as number);
      row[at + 1] = line === b[at] ? (before[at] as number) + 1 : longest;
    }
    before = row;
  }
  return before[b.length] ?? 0;
}
