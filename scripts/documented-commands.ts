import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';

/** A fenced block or a piece of inline code, with the page and line where it stands. */
export interface Code {
  readonly page: string;
  readonly line: number;
  /** `` = a fence that names none; `inline` is no fence. */
  readonly language: string;
  readonly text: string;
}

/** Every page that people read, from the project's root on. */
export function pagesOf(root: string): string[] {
  return ['.', 'docs', 'examples', 'vectors']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules'));
}

export function codeOf(root: string, page: string): Code[] {
  const text = readFileSync(join(root, page), 'utf8');
  const lineAt = (index: number) => text.slice(0, index).split('\n').length;
  const fences = [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ({ index, 2: language = '', 3: code = '' }) => ({ page, line: lineAt(index), language, text: code }),
  );
  const prose = text.replace(/^( *)```\w*\n[\s\S]*?^\1```$/gm, (fence) => fence.replace(/[^\n]/g, ' '));
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(({ index, 1: code = '' }) => ({
    page,
    line: lineAt(index),
    language: 'inline',
    text: code.replace(/\s*\n\s*/g, ' '),
  }));
  return [...fences, ...inline];
}

/** What a shell would give to each `PROGRAM …` of a text, as words; `$(…)` and quotes stay one word. */
export function callsOf(program: RegExp, text: string): string[][] {
  const code = text.replaceAll('\\\n', ' ');
  const starts = new RegExp(`(?:^|[\\s(;|&])(?:${program.source})(?=\\s|$)`, 'gm');
  return [...code.matchAll(starts)].map((match) => wordsOf(code.slice(match.index + match[0].length)));
}

/** Words up to the end of a command. */
function wordsOf(rest: string): string[] {
  const words: string[] = [];
  const token =
    /\s*(?:(\n|;|&&|&|\|\||\||\)|<|\d?>|#)|((?:'[^']*'|"(?:\\.|[^"])*"|\$\([^)]*\)|[^\s;&|)<>'"])+))|[ \t]+$/y;
  while (token.lastIndex < rest.length) {
    const from = token.lastIndex;
    const newline = /^[ \t]*\n/.exec(rest.slice(from));
    if (newline !== null) break;
    const match = token.exec(rest);
    if (match === null || match[2] === undefined) break;
    words.push(match[2].replace(/'([^']*)'|"((?:\\.|[^"])*)"/g, (_, one, two) => one ?? two ?? ''));
  }
  return words;
}

/** The calls of `lateen` in a text, however it is started; `npm install … lateen` is none. */
export const lateenCalls = (text: string): string[][] =>
  callsOf(/(?:npx |bin\/|\.\.\/\.\.\/bin\/)?lateen/, text.replace(/npm (?:install|i) [^\n]*/g, ''));

/**
 * What is wrong with the words after `lateen`, or undefined. In prose a command may stand without its arguments; `NAME` and
 * `…` stand for something.
 */
export function faultOfCall(
  program: Command,
  words: readonly string[],
  isProse: boolean,
): string | undefined {
  for (const command of withAllBelow(program)) {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
    if (command.commands.length === 0) command.action(() => {});
  }
  try {
    program.parse(
      words.map(withoutPlaceholders).filter((word) => word !== ''),
      { from: 'user' },
    );
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const isFine =
      ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(code ?? '') ||
      (isProse &&
        (code === 'commander.missingArgument' ||
          /value '[A-Z]+' is invalid|^error: required option/.test(message)));
    return isFine ? undefined : message;
  }
  return undefined;
}

/** `HOST[:PORT]` says that a part may be left out, `…` that anything follows, `$x` a value that a shell knows. */
const withoutPlaceholders = (word: string) => word.replace(/\[.*\]|…/g, '').replace(/^\$\w+$/, '1');

const withAllBelow = (command: Command): Command[] => [command, ...command.commands.flatMap(withAllBelow)];
