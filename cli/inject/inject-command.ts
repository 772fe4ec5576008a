import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { inject } from '../../compose/inject/inject.ts';
import { formatViolation } from '../../istio/format-violation.ts';
import { EXIT } from '../check/analyze.ts';
import { requireComposeFor } from '../compose/compose-version.ts';
import type { Environment } from '../compose/interpolate.ts';
import { meshPackage } from '../mesh-package.ts';
import { collect } from '../terminal/output.ts';
import { refuseInvalid } from '../up/project.ts';
import { type ComposeFiles, contextOf, readComposeFiles } from './compose-files.ts';
import { addUninjectCommand } from './uninject-command.ts';
import { writeWhole } from './write-whole.ts';

interface InjectArguments {
  readonly file: readonly string[];
  readonly output?: string;
  readonly all: boolean;
}

/** `inject` and `uninject`: no Docker is needed for either. */
export function addInjectCommands(program: Command): void {
  program
    .command('inject')
    .description('writes a compose file in which each agent is a service of its own (after kube-inject)')
    .option(
      '-f, --file <file>',
      'compose file, or - for stdin; repeatable, as with docker compose',
      collect,
      [],
    )
    .option('-o, --output <file>', 'where to; else it is printed')
    .option('--all', 'every service with a network of its own, but those with lateen.inject: "false"', false)
    .addHelpText(
      'after',
      '\nAn agent owns the network namespace of its application and is healthy before that starts: nothing ever goes' +
        '\naround it, and the controller only reads from Docker. Services are those with the label lateen.inject: "true".' +
        '\n\nExamples:\n  lateen inject -f compose.yml -o compose.injected.yml\n  lateen inject | docker compose -f - up -d',
    )
    .action(runInject);
  addUninjectCommand(program);
}

async function runInject({ file, output, all }: InjectArguments): Promise<void> {
  const files = await readComposeFiles(file, process.env);
  const meshFile = relative(files.folder, join(meshPackage().folder, 'compose', 'mesh.yml'))
    .split(sep)
    .join('/');
  const { text, violations, services, addsMesh } = inject(files.texts, {
    isAll: all,
    meshFile,
    ...contextOf(files.folder, files.env),
  });
  for (const violation of violations) process.stderr.write(`${formatViolation(violation)}\n`);
  if (text === null) {
    process.exitCode = violations.some(({ code }) => code === 'LAT0301') ? EXIT.unparsable : EXIT.findings;
    return;
  }
  await requireComposeFor(text);
  const paths = files.texts.map(({ name }) => name);
  if (!paths.includes('stdin')) await refuseInvalid(paths);
  if (output === undefined) process.stdout.write(text);
  else {
    writeWhole(output, text);
    process.stderr.write(
      `${output}: ${services.join(', ')} ${services.length === 1 ? 'has' : 'have'} agents.\n`,
    );
  }
  for (const line of advice(files, addsMesh, meshFile, output)) process.stderr.write(`${line}\n`);
}

/** What is still to do before `up`. */
function advice(
  { folder, env }: ComposeFiles,
  addsMesh: boolean,
  meshFile: string,
  output: string | undefined,
): string[] {
  const lines: string[] = [];
  if (addsMesh && meshFile !== 'node_modules/lateen/compose/mesh.yml' && isUnset(env, 'LATEEN_HOME'))
    lines.push(`Write LATEEN_HOME=${dirname(dirname(meshFile))} into .env: the image is built from there.`);
  if (addsMesh && isUnset(env, 'LATEEN_CONFIG_DIR') && !existsSync(join(folder, 'mesh')))
    lines.push('Make the config directory: mkdir mesh.');
  if (output === undefined) return lines;
  const isElsewhere = dirname(resolve(output)) !== folder;
  const directory = isElsewhere ? `--project-directory ${relative('.', folder) || '.'} ` : '';
  return [...lines, `Start it: docker compose ${directory}-f ${output} up -d`];
}

const isUnset = (env: Environment, name: string) => (env[name] ?? '') === '';
