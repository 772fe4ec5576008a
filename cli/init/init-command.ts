import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { errorMessage } from '../../base/errors.ts';
import { CliError } from '../cli-error.ts';
import { meshPackage } from '../mesh-package.ts';
import { createPaint, isColoured, type Paint } from '../terminal/colour.ts';
import { print } from '../terminal/output.ts';
import { formatPlace } from '../up/compose-config.ts';
import { planMesh } from '../up/plan-mesh.ts';
import { loadProject, type Project, type ProjectOptions } from '../up/project.ts';
import { withProjectOptions } from '../up/up-command.ts';
import { type ComposeEdit, editCompose } from './edit-compose.ts';
import { firstMesh } from './first-documents.ts';
import { lineDiff } from './line-diff.ts';

interface InitArguments extends ProjectOptions {
  readonly leaveOut: readonly string[];
  readonly dryRun: boolean;
}

const collect = (value: string, previous: readonly string[]) => [...previous, value];

/** `lateen init`: the mesh as a part of the project, in the user's own files. */
export function addInitCommand(program: Command): void {
  withProjectOptions(program.command('init'))
    .description(
      'writes the mesh into your compose file, and first documents into mesh/; shows what it writes',
    )
    .option('--leave-out <service>', 'a service that gets no agent; repeatable', collect, [])
    .option('-n, --dry-run', 'show it, and write nothing', false)
    .addHelpText(
      'after',
      '\nComments and order stay as they are. A second time there is nothing to do.' +
        '\n\nExamples:\n  lateen init\n  lateen init --dry-run\n  lateen init -f docker-compose.yml --leave-out db',
    )
    .action(async (options: InitArguments) => {
      print(await initProject(options, createPaint(isColoured(process.stdout))));
    });
}

async function initProject(options: InitArguments, paint: Paint): Promise<string> {
  const project = await loadProject(options);
  const plan = planMesh(project.config, { leaveOut: options.leaveOut, isSwarm: true });
  const [refusal] = plan.refusals;
  if (refusal !== undefined)
    throw new CliError(
      refusal.code,
      `${formatPlace(project.place(refusal.path), project.name)}: ${refusal.message}`,
      refusal.remedy,
    );
  const first = firstMesh(project.config, plan);
  const changes = [...composeChanges(project, first.labels), ...documentChanges(project, first.files)];
  if (!options.dryRun) {
    for (const change of changes) write(change);
    makeConfigFolder(project);
  }
  return report(changes, project, options.dryRun, paint);
}

interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly untouched: ComposeEdit['untouched'];
}

/** Each service is labelled in the first file that has it; the include goes to the first of all. */
function composeChanges(
  { files, config, folder }: Project,
  labels: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Change[] {
  const hasMesh = Object.values(config.services).some(
    ({ labels: own }) => own?.['lateen.role'] === 'controller',
  );
  const [path = ''] = files;
  const before = readFileSync(path, 'utf8');
  const edit = editCompose(before, { meshFile: hasMesh ? null : meshFile(folder), labels });
  return edit.text === before && edit.untouched.length === 0
    ? []
    : [{ path, before, after: edit.text, untouched: edit.untouched }];
}

/** Where `npm install` puts the package, or where it lies. */
function meshFile(folder: string): string {
  const installed = join('node_modules', 'lateen', 'compose', 'mesh.yml');
  if (existsSync(join(folder, installed))) return `./${installed}`;
  return relative(folder, join(meshPackage().folder, 'compose', 'mesh.yml'));
}

/** Only where there are none: what a user wrote is not added to. */
function documentChanges({ folder }: Project, files: Readonly<Record<string, string>>): Change[] {
  const target = join(folder, 'mesh');
  if (existsSync(target) && readdirSync(target).length > 0) return [];
  return Object.entries(files).map(([name, after]) => ({
    path: join(target, name),
    before: '',
    after,
    untouched: [],
  }));
}

function write({ path, after }: Change): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, after);
  } catch (error) {
    throw new CliError(
      'LAT1041',
      `${path} cannot be written: ${errorMessage(error)}`,
      'Check that you may write there.',
    );
  }
}

/** The controller mounts it, so it must be there although nothing is in it yet. */
function makeConfigFolder({ folder }: Project): void {
  const path = join(folder, 'mesh');
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new CliError(
      'LAT1041',
      `the folder ${path} cannot be made: ${errorMessage(error)}`,
      'Check that you may write there.',
    );
  }
}

function report(changes: readonly Change[], project: Project, isDry: boolean, paint: Paint): string {
  if (changes.length === 0) return 'The mesh is in this project already: there is nothing to do.';
  const shown = changes.flatMap(({ path, before, after, untouched }) => [
    paint('bold', `${before === '' ? 'new ' : ''}${relative('.', path)}`),
    coloured(lineDiff(before, after), paint),
    ...untouched.map(({ service, why }) => paint('yellow', `  ${service} is as it was: ${why}`)),
    '',
  ]);
  const added = changes
    .filter(({ before }) => before !== '')
    .flatMap(({ before, after }) => lineDiff(before, after).split('\n'))
    .filter((line) => line.startsWith('+')).length;
  const next = isDry
    ? 'Nothing was written (--dry-run).'
    : `${added} lines of ${relative('.', project.files[0] ?? '')} are new. Next: docker compose up -d, or lateen up`;
  return [...shown, next].join('\n');
}

const coloured = (diff: string, paint: Paint) =>
  diff
    .split('\n')
    .map((line) =>
      line.startsWith('+') ? paint('green', line) : line.startsWith('-') ? paint('red', line) : line,
    )
    .join('\n');
