import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Place } from './compose-config.ts';

/** Where a path of keys is said: in the last file that says it, as the last one counts. */
export function locate(files: readonly string[], path: readonly string[]): Place | null {
  for (let length = path.length; length > 0; length--)
    for (const file of [...files].reverse()) {
      const line = lineOf(file, path.slice(0, length));
      if (line !== null) return { file: relative('.', file) || file, line };
    }
  const [first] = files;
  return first === undefined ? null : { file: relative('.', first) || first, line: 0 };
}

function lineOf(file: string, path: readonly string[]): number | null {
  const lines = new LineCounter();
  let node: unknown;
  try {
    node = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, logLevel: 'silent' }).contents;
  } catch {
    // What cannot be read has no lines; who asks has another failure to tell.
    return null;
  }
  let offset: number | undefined;
  for (const key of path) {
    if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = isNode(node) ? node.range?.[0] : undefined;
    } else {
      const pair = isMap(node) ? node.items.find((item) => String(item.key) === key) : undefined;
      node = pair?.value;
      offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    }
    if (offset === undefined) return null;
  }
  return offset === undefined ? null : lines.linePos(offset).line;
}
