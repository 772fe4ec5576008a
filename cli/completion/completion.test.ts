import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Command, Option } from 'commander';
import { folderOf, runLateen } from '../testing/run-lateen.ts';
import { commandTree } from './command-tree.ts';
import { SHELLS, type Shell } from './shell-scripts.ts';

/** A `docker` that lists services and meshes as a running one would. */
function withServices(context: TestContext): Readonly<Record<string, string>> {
  const folder = folderOf(context, {
    docker: `#!/bin/sh\ncase "$*" in *role=controller*) echo shop ;; ps*label=lateen.role*) echo web; echo api; echo web ;; esac\n`,
  });
  chmodSync(join(folder, 'docker'), 0o755);
  return { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
}

const run = (shell: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) =>
  execFileSync(shell, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })
    .split('\n')
    .filter(Boolean);

type Offer = (script: string, line: string, env: Readonly<Record<string, string>>) => string[];

/** What each shell would offer for a line whose last word is begun. */
const OFFERS: Readonly<Record<Shell, Offer>> = {
  bash: (script, line, env) => {
    const words = line.split(' ');
    const probe = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_lateen; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run('bash', ['--norc', '-c', probe], env);
  },
  // What is given to its completion system: that cannot be had without a terminal.
  zsh: (script, line, env) => {
    const words = line.split(' ');
    const begun = words.at(-1) ?? '';
    const probe = `compdef() { : }; _files() { : }; compadd() { shift; print -rl -- "$@" }; typeset -A compstate
${script}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _lateen`;
    return run('zsh', ['-f', '-c', probe], env).filter((word) => word.startsWith(begun));
  },
  fish: (script, line, env) =>
    run('fish', ['--no-config', '-c', `${script}\ncomplete -C '${line}'`], env).map(
      (offer) => offer.split('\t')[0] ?? '',
    ),
};

const isHere = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['lateen sta', ['status']],
  ['lateen pc clu', ['cluster']],
  ['lateen proxy-config route --dir', ['--direction']],
  ['lateen status -o ', ['json', 'short', 'wide', 'yaml']],
  ['lateen status --watch -o w', ['wide']],
  ['lateen completion z', ['zsh']],
  ['lateen logs w', ['web']],
  ['lateen x describe a', ['api']],
  ['lateen proxy-config route ap', ['api']],
  ['lateen --mesh s', ['shop']],
  ['lateen logs nothing-like-it', []],
];

for (const shell of ['bash', 'zsh', 'fish'] as const)
  test(`${shell} completes commands by every name, options, their values, and services that run`, async (context) => {
    if (!isHere(shell)) {
      context.diagnostic(`NOT TRIED: there is no ${shell} on this machine (apt-get install ${shell})`);
      console.error(`completion for ${shell} was NOT TRIED: there is no ${shell} on this machine`);
      return;
    }
    const { stdout: script } = await runLateen(folderOf(context, {}), ['completion', shell]);
    const env = withServices(context);
    const offered = LINES.map(([line]) => [line, OFFERS[shell](script, line, env).sort()]);
    assert.deepEqual(offered, LINES);
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
