// Scripts that complete `lateen` in a shell. They are made of the commands that there are, and hold all of them: nothing
// is started while a person types.
import type { CommandNode, OptionNode } from './command-tree.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

export const SHELLS: Readonly<Record<Shell, (tree: readonly CommandNode[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Lines of a `case`: where a word leads from a path. */
const steps = (tree: readonly CommandNode[]) =>
  tree.flatMap(({ path, next }) => [...next].map(([word, to]) => ({ from: `${path} ${word}`, to })));

const wordsOf = ({ words, options }: CommandNode) =>
  [...words.map(({ word }) => word), ...options.flatMap(({ flags }) => flags)].join(' ');

const withChoices = (tree: readonly CommandNode[]) =>
  tree.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .flatMap(({ flags, choices }) =>
        flags.map((flag) => ({ at: `${path}|${flag}`, choices: choices.join(' ') })),
      ),
  );

const cases = (rows: readonly (readonly [string, string])[], end = ' ;;') =>
  rows.map(([pattern, action]) => `    ${quote(pattern)}) ${action}${end}`).join('\n');

/** What bash and zsh have in common. */
function commonScript(
  tree: readonly CommandNode[],
  before: string,
  previous: string,
  reply: (words: string) => string,
) {
  return `_lateen() {
  local at='' word
  for word in ${before}; do
    case "$at $word" in
${cases(steps(tree).map(({ from, to }) => [from, `at=${quote(to)}`]))}
    esac
  done
  case "$at|${previous}" in
${cases(withChoices(tree).map(({ at, choices }) => [at, `${reply(choices)}; return`]))}
  esac
  case "$at" in
${cases(tree.map((node) => [node.path, reply(wordsOf(node))]))}
  esac
}`;
}

function bashScript(tree: readonly CommandNode[]): string {
  const common = commonScript(
    tree,
    `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`,
    `\${COMP_WORDS[COMP_CWORD-1]}`,
    (words) => `COMPREPLY=($(compgen -W ${quote(words)} -- "\${COMP_WORDS[COMP_CWORD]}"))`,
  );
  return `# bash: eval "$(lateen completion bash)", or this file in ~/.local/share/bash-completion/completions/lateen\n${common}\ncomplete -o bashdefault -o default -F _lateen lateen`;
}

function zshScript(tree: readonly CommandNode[]): string {
  const common = commonScript(
    tree,
    `\${words[2,CURRENT-1]}`,
    `\${words[CURRENT-1]}`,
    (words) => `compadd -- ${words}`,
  );
  return `#compdef lateen\n# zsh: this as a file _lateen in a folder of $fpath, or: eval "$(lateen completion zsh)" after compinit\n${common.replace(/\n}$/, '\n  _files\n}')}\ncompdef _lateen lateen`;
}

function fishScript(tree: readonly CommandNode[]): string {
  const paths = steps(tree).map(({ from, to }) => `      case ${quote(from)}\n        set at ${quote(to)}`);
  const lines = tree.flatMap((node) => fishLines(node));
  return `# fish: lateen completion fish > ~/.config/fish/completions/lateen.fish
function __lateen_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at $word"
${paths.join('\n')}
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}`;
}

function fishLines({ path, words, options }: CommandNode): string[] {
  const condition = `complete -c lateen -n ${quote(`__lateen_at ${quote(path)}`)}`;
  return [
    ...words.map(({ word, description }) => `${condition} -f -a ${word} -d ${quote(description)}`),
    ...options.map((option) => `${condition} ${fishOption(option)} -d ${quote(option.description)}`),
  ];
}

function fishOption({ flags, takesValue, choices }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const values = choices.length > 0 ? ` -f -a ${quote(choices.join(' '))}` : '';
  return `${names.join(' ')}${takesValue ? ' -r' : ''}${values}`;
}
