// Scripts that complete `lateen` in a shell. They are made of the commands that there are, and hold all of them: nothing
// is started while a person types, but `docker ps` where a service of a running mesh is to be named.
import { LABEL } from '../../model/labels.ts';
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

const wordsOf = ({ words, choices, options }: CommandNode) =>
  [...words.map(({ word }) => word), ...choices, ...options.flatMap(({ flags }) => flags)].join(' ');

const psOf = (filter: string, label: string) =>
  `docker ps --filter label=${filter} --format '{{.Label "${label}"}}' 2>/dev/null | sort -u`;

/** Agents and gateways have the name of their service. */
const SERVICES = psOf(LABEL.role, LABEL.composeService);
const MESHES = psOf(`${LABEL.role}=controller`, LABEL.composeProject);

const FUNCTIONS = `_lateen_services() { ${SERVICES}; }\n_lateen_meshes() { ${MESHES}; }\n`;

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
  reply: (words: string, program?: string) => string,
) {
  return `${FUNCTIONS}_lateen() {
  local at='' word
  for word in ${before}; do
    case "$at $word" in
${cases(steps(tree).map(({ from, to }) => [from, `at=${quote(to)}`]))}
    esac
  done
  [[ ${previous} == --mesh ]] && { ${reply('', '_lateen_meshes')}; return; }
  case "$at|${previous}" in
${cases(withChoices(tree).map(({ at, choices }) => [at, `${reply(choices)}; return`]))}
  esac
  case "$at" in
${cases(tree.map((node) => [node.path, node.takesService ? reply(wordsOf(node), '_lateen_services') : reply(wordsOf(node))]))}
  esac
}`;
}

function bashScript(tree: readonly CommandNode[]): string {
  const common = commonScript(
    tree,
    `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`,
    `\${COMP_WORDS[COMP_CWORD-1]}`,
    (words, program) =>
      `COMPREPLY=($(compgen -W ${quote(words)}${program === undefined ? '' : `" $(${program})"`} -- "\${COMP_WORDS[COMP_CWORD]}"))`,
  );
  return `# bash: eval "$(lateen completion bash)", or this file in ~/.local/share/bash-completion/completions/lateen\n${common}\ncomplete -o bashdefault -o default -F _lateen lateen`;
}

/** As a file of $fpath it is the body of the function itself, which has just been replaced. */
const ZSH_END = 'if [ "$funcstack[1]" = _lateen ]; then _lateen "$@"; else compdef _lateen lateen; fi';

function zshScript(tree: readonly CommandNode[]): string {
  const common = commonScript(
    tree,
    `\${words[2,CURRENT-1]}`,
    `\${words[CURRENT-1]}`,
    (words, program) => `compadd -- ${words}${program === undefined ? '' : ` \${(f)"$(${program})"}`}`,
  );
  return `#compdef lateen\n# zsh: this as a file _lateen in a folder of $fpath, or: eval "$(lateen completion zsh)" after compinit\n${common.replace(/\n}$/, '\n  (( compstate[nmatches] )) || _files\n}')}\n${ZSH_END}`;
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
complete -c lateen -l mesh -r -f -a '(${fishProgram(MESHES)})'
${lines.join('\n')}`;
}

/** Inside of quotes of fish. */
const fishProgram = (command: string) => command.replaceAll("'", "\\'");

function fishLines({ path, words, choices, options, takesService }: CommandNode): string[] {
  const condition = `complete -c lateen -n ${quote(`__lateen_at ${quote(path)}`)}`;
  return [
    ...words.map(({ word, description }) => `${condition} -f -a ${word} -d ${quote(description)}`),
    ...(choices.length > 0 ? [`${condition} -f -a ${quote(choices.join(' '))}`] : []),
    ...(takesService ? [`${condition} -f -a '(${fishProgram(SERVICES)})'`] : []),
    ...options
      .filter(({ flags }) => !flags.includes('--mesh'))
      .map((option) => `${condition} ${fishOption(option)} -d ${quote(option.description)}`),
  ];
}

function fishOption({ flags, takesValue, choices }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const values = choices.length > 0 ? ` -f -a ${quote(choices.join(' '))}` : '';
  return `${names.join(' ')}${takesValue ? ' -r' : ''}${values}`;
}
