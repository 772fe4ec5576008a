import type { LogView } from '../../model/console.ts';
import { HEADER_BYTES, STANDARD_ERROR } from './log-frames.ts';

type Line = LogView['lines'][number];

/** Longer lines are cut. */
const MAX_LINE = 4000;
const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) /;

/**
 * Lines of Docker's log with timestamps, in the order in which Docker tells them. A container with a terminal has no frames:
 * all of its output is one stream.
 */
export function readLogLines(log: Buffer, hasTerminal: boolean): Line[] {
  if (hasTerminal) return linesOf(log.toString(), 'stdout');
  const lines: Line[] = [];
  for (let at = 0; at + HEADER_BYTES <= log.length; ) {
    const end = Math.min(log.length, at + HEADER_BYTES + log.readUInt32BE(at + 4));
    const stream = log[at] === STANDARD_ERROR ? 'stderr' : 'stdout';
    for (const line of linesOf(log.toString('utf8', at + HEADER_BYTES, end), stream)) lines.push(line);
    at = end;
  }
  return lines;
}

function linesOf(text: string, stream: Line['stream']): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [whole = '', time] = TIMESTAMP.exec(line) ?? [];
      const atMs = time === undefined ? 0 : Date.parse(time);
      return {
        atMs: Number.isNaN(atMs) ? 0 : atMs,
        stream,
        text: cut(line.slice(whole.length).replace(/\r$/, '')),
      };
    });
}

function cut(text: string): string {
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)} …` : text;
}
