import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../cli/program.ts';
import { isFollowed, isProved, NOT_RUN } from '../integration/fixture/followed-pages.ts';
import { callsOf, codeOf, faultOfCall, lateenCalls, pagesOf } from './documented-commands.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const code = pagesOf(root).flatMap((page) => codeOf(root, page));
const isTyped = ({ language }: { language: string }) => language === 'sh' || language === 'inline';

test('every call of lateen in every page is one that the program takes', () => {
  const wrong: string[] = [];
  for (const { page, line, language, text } of code.filter(isTyped))
    for (const words of lateenCalls(text)) {
      const fault = faultOfCall(createProgram('test'), words, language === 'inline');
      if (fault !== undefined) wrong.push(`${page}:${line}: lateen ${words.join(' ')}: ${fault}`);
    }
  assert.deepEqual(wrong, []);
});

test('every call of lateen in the examples of its own help is one that it takes', () => {
  const wrong: string[] = [];
  for (const command of allOf(createProgram('test')))
    for (const words of lateenCalls(helpOf(command).split(/^Examples?:$/m)[1] ?? '')) {
      const fault = faultOfCall(createProgram('test'), words, false);
      if (fault !== undefined) wrong.push(`lateen ${words.join(' ')}: ${fault}`);
    }
  assert.deepEqual(wrong, []);
});

test('every call of lateen that a message or remedy names is one that it takes', () => {
  const wrong: string[] = [];
  for (const file of sourcesOf(['base', 'model', 'istio', 'controller', 'cli', 'compose', 'testcontainers']))
    for (const [, quoted = ''] of readFileSync(join(root, file), 'utf8').matchAll(
      /\\?`(lateen [^`\n]*?)\\?`/g,
    ))
      for (const words of lateenCalls(quoted.replace(/\$\{[^}]*\}/g, 'NAME'))) {
        const fault = faultOfCall(createProgram('test'), words, true);
        if (fault !== undefined) wrong.push(`${file}: ${quoted}: ${fault}`);
      }
  assert.deepEqual(wrong, []);
});

test('every npm script that a page names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const missing = code.filter(isTyped).flatMap(({ page, line, text }) =>
    callsOf(/npm run/, text)
      .filter(([name = '']) => !(name in scripts))
      .map((words) => `${page}:${line}: npm run ${words.join(' ')}`),
  );
  assert.deepEqual(missing, []);
});

test('no command hides in a block that says no language, or another one than sh', () => {
  const looksTyped = /^ *(?:\$ |npx |npm |docker |lateen |bin\/lateen |curl |cp |node )/m;
  const hidden = code
    .filter(({ language, text }) => !isTyped({ language }) && language !== 'yaml' && looksTyped.test(text))
    .filter(({ page }) => page !== 'docs/reference/commands.md')
    .map(({ page, line, language }) => `${page}:${line}: ${language || 'no language'}`);
  assert.deepEqual(hidden, []);
});

test('every block that is typed is run by a suite on the engine, is of a recipe that has its proof, or is listed with the reason why not', () => {
  const blocks = code.filter(({ language }) => language === 'sh');
  const firstLine = (text: string) => text.split('\n')[0] ?? '';
  const untold = blocks
    .filter(({ page }) => !isFollowed(page) && !isProved(page))
    .filter(({ page, text }) => NOT_RUN[page]?.[firstLine(text)] === undefined)
    .map(({ page, line, text }) => `${page}:${line}: ${firstLine(text)}`);
  assert.deepEqual(untold, []);
  const gone = Object.entries(NOT_RUN).flatMap(([page, lines]) =>
    Object.keys(lines)
      .filter((line) => !blocks.some((block) => block.page === page && firstLine(block.text) === line))
      .map((line) => `${page}: ${line}`),
  );
  assert.deepEqual(gone, [], 'listed, and no longer there');
});

test('every page that is said to be followed has its suite', () => {
  const suites = sourcesOf(['integration'])
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  for (const page of pagesOf(root).filter(isFollowed))
    assert.ok(suites.includes(page), `no suite in integration/ names ${page}`);
});

const allOf = (command: Command): Command[] => [command, ...command.commands.flatMap(allOf)];

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

const sourcesOf = (folders: readonly string[]) =>
  folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('.ts'));
