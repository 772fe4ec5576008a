import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { ANALYZERS, type KnownServices } from '../../istio/analyze.ts';
import type { Violation } from '../../istio/violation.ts';
import { CliError } from '../cli-error.ts';
import { composeMesh } from '../compose/compose-mesh.ts';
import { collect, print } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { analyzeConfig, EXIT, LEVELS, type ReportOptions, report } from './analyze.ts';
import { type ReadConfig, readConfig } from './read-config.ts';

/** What the running controller knows; throws a CliError where there is none. */
export type AskKnown = () => Promise<KnownServices>;

interface CheckArguments extends ReportOptions {
  readonly allowTestAnnotations: boolean;
}

interface AnalyzeArguments extends CheckArguments {
  readonly composeFile: readonly string[];
  readonly live: boolean;
  readonly listAnalyzers?: boolean;
}

/** `analyze` and `validate`: files are enough for both. */
export function addCheckCommands(program: Command, askKnown: AskKnown): void {
  withReportOptions(program.command('analyze').argument('[paths...]', 'files, directories, or - for stdin'))
    .description('checks configuration as a whole (exit status 79: findings, 65: cannot be parsed)')
    .option(
      '-f, --compose-file <file>',
      'take services and labels from this compose file, without Docker; repeatable',
      collect,
      [],
    )
    .option('--no-live', 'do not ask a running controller: look at the files alone')
    .option('-L, --list-analyzers', 'print the checks and end')
    .option('-R, --recursive', 'has no effect: directories are always read recursively')
    .addHelpText(
      'after',
      '\nWithout paths it reads ./mesh. With -f services are those of the compose file, else those of the running mesh' +
        '\nif there is one; without both, nothing that only they would know is missed.' +
        '\n\nExamples:\n  lateen analyze\n  lateen analyze -f compose.yml mesh/\n  lateen analyze --allow-test-annotations tests/mesh/\n  lateen analyze -S IST0118 -S "IST0101=VirtualService reviews.*"',
    )
    .action(async (paths: string[], options: AnalyzeArguments) => {
      if (options.listAnalyzers) print(listAnalyzers());
      else await runAnalyze(paths, options, askKnown);
    });
  withReportOptions(program.command('validate'))
    .description('checks each document on its own (exit status 1: errors)')
    .requiredOption('-f, --filename <path>', 'file, directory, or - for stdin; repeatable', collect, [])
    .addHelpText('after', '\nExample:\n  lateen validate -f mesh/reviews.yaml')
    .action(runValidate);
}

const withReportOptions = (command: Command) =>
  command
    .addOption(
      new Option('-o, --output <format>', 'how to print findings')
        .choices(['log', 'json', 'yaml'])
        .default('log'),
    )
    .option(
      '-S, --suppress <code>',
      'leave out: IST0101, or "IST0101=VirtualService NAME.NAMESPACE"; repeatable',
      collect,
      [],
    )
    .option(
      '--allow-test-annotations',
      'annotations lateen.test/… are meant: this is for a mesh of tests',
      false,
    )
    .addOption(
      new Option('--failure-threshold <level>', 'fail from this level on').choices(LEVELS).default('Error'),
    )
    .addOption(
      new Option('--output-threshold <level>', 'print from this level on').choices(LEVELS).default('Info'),
    );

async function runAnalyze(paths: string[], options: AnalyzeArguments, askKnown: AskKnown): Promise<void> {
  const config = await readConfig(paths.length > 0 ? paths : [defaultPath()], options.allowTestAnnotations);
  const { known, violations } = await knowledge(config, options, askKnown);
  const { text, exitCode } = report([...violations, ...analyzeConfig(config, known)], config, options);
  print(text);
  process.exitCode = exitCode;
}

function defaultPath(): string {
  if (existsSync('mesh')) return 'mesh';
  throw new CliError(
    'LAT1008',
    'no path is given, and there is no directory ./mesh',
    'Write `lateen analyze PATH`.',
  );
}

async function knowledge(
  config: ReadConfig,
  { composeFile, live }: AnalyzeArguments,
  askKnown: AskKnown,
): Promise<{ known: KnownServices | null; violations: readonly Violation[] }> {
  if (composeFile.length > 0) return composeMesh(composeFile, process.env, [...config.resources.values()]);
  try {
    return { known: live ? await askKnown() : null, violations: [] };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(
      `Only the files are checked: ${error.message}. Give -f compose.yml for its services.\n`,
    );
    return { known: null, violations: [] };
  }
}

async function runValidate({ filename, ...options }: CheckArguments & { filename: string[] }): Promise<void> {
  const config = await readConfig(filename, options.allowTestAnnotations);
  const { text, count, exitCode } = report(config.violations, config, options);
  if (count > 0 || options.output !== 'log') print(text);
  if (exitCode === EXIT.clean && options.output === 'log')
    print(`${filename.map((name) => JSON.stringify(name)).join(', ')} is valid`);
  process.exitCode = exitCode === EXIT.clean ? EXIT.clean : EXIT.failed;
}

const listAnalyzers = () =>
  formatTable([
    ['ANALYZER', 'CODES', 'CHECKS THAT'],
    ...ANALYZERS.map(({ name, codes, description }) => [name, codes.join(','), description]),
  ]);
