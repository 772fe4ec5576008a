import { readdirSync } from 'node:fs';
import { relative } from 'node:path';
import { type Command, Option } from 'commander';
import { createPaint, isColoured } from '../terminal/colour.ts';
import { numberBetween, print } from '../terminal/output.ts';
import { createProgress, formatSeconds } from '../terminal/progress.ts';
import type { ProjectOptions } from './project.ts';
import { bringUp, type UpOptions, type UpResult } from './up.ts';

interface UpArguments extends Omit<UpOptions, 'timeoutMs' | 'more'> {
  readonly timeout: number;
}

const collect = (value: string, previous: readonly string[]) => [...previous, value];

/** Options that say which project is meant, as those of `docker compose`. */
export const withProjectOptions = (command: Command): Command =>
  command
    .option(
      '-f, --file <file>',
      'compose file; repeatable. Without it: as `docker compose` finds it',
      collect,
      [],
    )
    .option('-p, --project-name <name>', "the project's name")
    .option('--profile <name>', 'a profile that is on; repeatable', collect, [])
    .option('--env-file <file>', 'variables of the compose file; repeatable', collect, []);

/** `lateen up`: a project as it is, in a mesh. */
export function addUpCommand(program: Command): void {
  withProjectOptions(
    program.command('up').argument('[compose-options...]', 'after --: options of `docker compose up`'),
  )
    .description('runs a compose project in a mesh, with no edit of its files')
    .option('--leave-out <service>', 'a service that gets no agent; repeatable', collect, [])
    .addOption(
      new Option('--timeout <seconds>', 'how long every proxy may take to be in sync')
        .argParser(numberBetween(1, 3600))
        .default(60),
    )
    .addHelpText(
      'after',
      '\nEvery service with a network gets an agent, but for those with the label lateen.inject: "false". Where the' +
        '\nproject includes compose/mesh.yml itself, its own labels say who gets one. It runs in the background. Where it fails, all is as it was' +
        '\nbefore: what was started is gone, and what ran without a mesh runs again, with its data.' +
        '\n\nExamples:\n  lateen up\n  lateen up -f compose.yml --leave-out db\n  lateen up -- --build --scale web=2',
    )
    .action(async (more: string[], { timeout, ...options }: UpArguments) => {
      const startMs = performance.now();
      const split = takeGlobals(more, options);
      const result = await bringUp({ ...options, ...split, timeoutMs: timeout * 1000 }, createProgress());
      print(formatUp(result, performance.now() - startMs));
    });
}

/** `docker compose` wants some options before `up`: here they may stand with the others. */
export function takeGlobals(
  more: readonly string[],
  options: ProjectOptions,
): ProjectOptions & { more: string[] } {
  const taken = { ...options, profile: [...options.profile], envFile: [...options.envFile] };
  const rest: string[] = [];
  for (let at = 0; at < more.length; at++) {
    const [, name = '', joined] = /^(--[\w-]+|-p)(?:=(.*))?$/.exec(more[at] ?? '') ?? [];
    const value = () => joined ?? more[++at] ?? '';
    if (name === '--profile') taken.profile.push(value());
    else if (name === '--env-file') taken.envFile.push(value());
    else if (name === '--project-name' || name === '-p') taken.projectName = value();
    else rest.push(more[at] ?? '');
  }
  return { ...taken, more: rest };
}

const NAME_WIDTH = 14;

export function formatUp({ project, plan, page, addresses, configFolder }: UpResult, ms: number): string {
  const paint = createPaint(isColoured(process.stdout));
  const proxies = `${page.proxies.length} ${page.proxies.length === 1 ? 'proxy' : 'proxies'} in sync`;
  const folder = relative('.', configFolder) || configFolder;
  const isEmpty = readdirSync(configFolder).length === 0;
  return [
    `${paint('green', '✔')} ${paint('bold', project.name)} is in the mesh: ${proxies} ${paint('dim', formatSeconds(ms))}`,
    ...plan.leftOut.map(({ service, why }) => `  ${service} is left out (${why})`),
    '',
    ...Object.entries(addresses).map(([name, address]) => `  ${name.padEnd(NAME_WIDTH)}${address}`),
    `  ${'config'.padEnd(NAME_WIDTH)}${folder}${isEmpty ? ' (empty: Istio documents go there)' : ''}`,
    `  ${'next'.padEnd(NAME_WIDTH)}lateen status · lateen analyze · lateen down`,
  ].join('\n');
}
