import type { Command, Option } from 'commander';

/** A command as a shell needs to know it. */
export interface CommandNode {
  /** Names from the program on: `` for the program, ` proxy-config route`. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
  readonly options: readonly OptionNode[];
  /** What its first argument may be. */
  readonly choices: readonly string[];
  /** Its first argument is a service of the mesh. */
  readonly takesService: boolean;
  /** Word → path of the command that it leads to; other names lead there too. */
  readonly next: ReadonlyMap<string, string>;
}

export interface OptionNode {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export function commandTree(program: Command): CommandNode[] {
  return visit(program, '');
}

function visit(command: Command, path: string): CommandNode[] {
  const children = command.commands.map((child) => ({ child, path: `${path} ${child.name()}` }));
  const next = new Map(
    children.flatMap(({ child, path: own }) =>
      [child.name(), ...child.aliases()].map((name) => [name, own] as const),
    ),
  );
  const node: CommandNode = {
    path,
    words: command.commands.map((child) => ({
      word: child.name(),
      description: firstLine(child.description()),
    })),
    options: [...command.options.map(optionNode), HELP],
    choices: command.registeredArguments[0]?.argChoices ?? [],
    takesService: SERVICE_ARGUMENTS.has(command.registeredArguments[0]?.name() ?? ''),
    next,
  };
  return [node, ...children.flatMap(({ child, path: own }) => visit(child, own))];
}

/** As our commands call it. */
const SERVICE_ARGUMENTS = new Set(['workload', 'service', 'name', 'names']);

const HELP: OptionNode = {
  ...{ flags: ['-h', '--help'], description: 'what there is', takesValue: false, choices: [] },
};

const optionNode = (option: Option): OptionNode => ({
  flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null) as string[],
  description: firstLine(option.description),
  takesValue: option.required || option.optional,
  choices: option.argChoices ?? [],
});

const firstLine = (text: string) => text.split('\n')[0] ?? '';
