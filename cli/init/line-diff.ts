/** Both texts side by side as `diff -u` shows them: `-` gone, `+` new, and up to two lines around. */
export function lineDiff(before: string, after: string, around = 2): string {
  const rows = compareLines(splitLines(before), splitLines(after));
  const isNear = (at: number) =>
    rows.slice(Math.max(0, at - around), at + around + 1).some(({ mark }) => mark !== ' ');
  const shown: string[] = [];
  let isGap = false;
  rows.forEach(({ mark, line }, at) => {
    if (isNear(at)) shown.push(`${mark} ${line}`);
    else if (!isGap) shown.push('  …');
    isGap = !isNear(at);
  });
  return shown.join('\n');
}

const splitLines = (text: string) => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/));

interface Row {
  readonly mark: ' ' | '+' | '-';
  readonly line: string;
}

/** Insertions for the most part: what both begin with is told first, then the nearest line that both have. */
function compareLines(before: readonly string[], after: readonly string[]): Row[] {
  const rows: Row[] = [];
  let [left, right] = [0, 0];
  while (left < before.length || right < after.length) {
    const [old, now] = [before[left], after[right]];
    if (old === now && old !== undefined) {
      rows.push({ mark: ' ', line: old });
      left++;
      right++;
      continue;
    }
    const next = old === undefined ? -1 : after.indexOf(old, right);
    if (next === -1 && old !== undefined) {
      rows.push({ mark: '-', line: old });
      left++;
    } else {
      const end = next === -1 ? after.length : next;
      for (; right < end; right++) rows.push({ mark: '+', line: after[right] ?? '' });
    }
  }
  return rows;
}
