import { Argument, type Command } from 'commander';
import { print } from '../terminal/output.ts';
import { commandTree } from './command-tree.ts';
import { SHELLS, type Shell } from './shell-scripts.ts';

/** `lateen completion SHELL`: the script, for people to keep where their shell looks. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
    .description('prints a script that completes commands, options and services that run in a shell')
    .addHelpText(
      'after',
      `\nExamples:\n  eval "$(lateen completion bash)"\n  lateen completion zsh > "\${fpath[1]}/_lateen"\n  lateen completion fish > ~/.config/fish/completions/lateen.fish`,
    )
    .action((shell: Shell) => {
      print(SHELLS[shell](commandTree(program)));
    });
}
