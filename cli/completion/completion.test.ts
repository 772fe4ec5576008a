import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Command, Option } from 'commander';
import { folderOf, runLateen } from '../testing/run-lateen.ts';
import { commandTree } from './command-tree.ts';
import { SHELLS } from './shell-scripts.ts';

/** What bash would offer for a line whose last word is begun. */
function offered(script: string, line: string): string[] {
  const words = line.split(' ');
  const probe = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_lateen; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', probe], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

test('bash completes commands, their subcommands by every name, options and their values', async (context) => {
  const { stdout: script } = await runLateen(folderOf(context, {}), ['completion', 'bash']);
  assert.deepEqual(offered(script, 'lateen sta'), ['status']);
  assert.deepEqual(offered(script, 'lateen pc clu'), ['cluster']);
  assert.deepEqual(offered(script, 'lateen proxy-config route --dir'), ['--direction']);
  assert.deepEqual(offered(script, 'lateen status -o '), ['short', 'wide', 'json', 'yaml']);
  assert.deepEqual(offered(script, 'lateen status --watch -o w'), ['wide']);
  assert.deepEqual(offered(script, 'lateen completion nothing-like-it'), []);
});

const program = new Command('lateen');
program
  .command('go <where>')
  .alias('g')
  .description("it's a trip")
  .addOption(new Option('-c, --colour <name>', 'of it').choices(['red', 'blue']));

test('zsh and fish get the same words', () => {
  const tree = commandTree(program);
  assert.match(SHELLS.zsh(tree), /^#compdef lateen\n/);
  assert.match(SHELLS.zsh(tree), /^ {4}' go\|--colour'\) compadd -- red blue; return ;;$/m);
  assert.match(SHELLS.zsh(tree), /^ {4}' g'\) at=' go' ;;$/m);
  const fish = SHELLS.fish(tree).split('\n');
  assert.ok(fish.some((line) => line.endsWith(` -f -a go -d 'it'\\''s a trip'`)));
  assert.ok(fish.some((line) => line.endsWith(` -s c -l colour -r -f -a 'red blue' -d 'of it'`)));
});
