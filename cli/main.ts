import { Command, Option } from 'commander';
import { errorMessage } from '../base/errors.ts';
import type { KnownServices } from '../istio/analyze.ts';
import { type AnalyzeOptions, analyzePaths, type Level } from './analyze.ts';
import { askController } from './ask-controller.ts';
import { CliError } from './cli-error.ts';
import { createDocker, findController } from './find-controller.ts';
import { printLogs } from './logs.ts';
import { type ConfigDump, type ConfigKind, formatConfig } from './proxy-config.ts';
import { formatProxyStatus, type SyncPage } from './proxy-status.ts';

const VERSION = process.env.LATEEN_VERSION ?? 'dev';
const print = (text: string) => process.stdout.write(`${text}\n`);

const program = new Command('lateen')
  .description('Istio for Docker Compose: looks into a running mesh and checks its configuration.')
  .version(VERSION, '-V, --client-version', 'version of this program alone')
  .addOption(new Option('--mesh <name>', 'mesh id or compose project, where several run'))
  .showHelpAfterError()
  .addHelpText(
    'after',
    '\nExamples:\n  lateen proxy-status\n  lateen proxy-config route productpage\n  lateen analyze mesh/',
  );

async function ask<T>(path: string): Promise<T> {
  const docker = createDocker();
  return askController<T>(docker, await findController(docker, program.opts<{ mesh?: string }>().mesh), path);
}

const outputOption = () =>
  new Option('-o, --output <format>', 'json, yaml or short')
    .default('short')
    .choices(['short', 'json', 'yaml']);

program
  .command('version')
  .description('versions of this program and of the running controller')
  .action(async () => {
    print(`client version: ${VERSION}`);
    try {
      print(`control plane version: ${(await ask<{ version: string }>('/version')).version}`);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      print(`control plane version: none (${error.message})`);
    }
  });

program
  .command('proxy-status')
  .alias('ps')
  .description('each proxy: in sync or not, its version, what it answered last')
  .option('-o, --output <format>', 'json or short', 'short')
  .action(async ({ output }: { output: string }) => {
    const page = await ask<SyncPage>('/debug/syncz');
    print(output === 'json' ? JSON.stringify(page.proxies, null, 2) : formatProxyStatus(page, Date.now()));
  });

const proxyConfig = program
  .command('proxy-config')
  .alias('pc')
  .description('what a proxy holds')
  .addHelpText(
    'after',
    '\nExamples:\n  lateen pc cluster reviews-v1 --port 9080\n  lateen pc route istio-ingressgateway -o json',
  );

interface ConfigOptions {
  readonly output: string;
  readonly port?: string;
  readonly fqdn?: string;
  readonly subset?: string;
  readonly direction?: string;
  readonly name?: string;
}

const KINDS: readonly ConfigKind[] = ['listener', 'route', 'cluster', 'endpoint'];

for (const kind of [...KINDS, 'all'] as const) {
  proxyConfig
    .command(`${kind} <workload>`)
    .aliases(kind === 'all' ? [] : [`${kind}s`])
    .description(kind === 'all' ? 'all four kinds' : `its ${kind}s`)
    .addOption(outputOption())
    .option('--port <number>', 'only this port')
    .option('--fqdn <host>', 'only this service')
    .option('--subset <name>', 'only this subset')
    .option('--direction <direction>', 'inbound or outbound')
    .option('--name <name>', 'only the route config of this name')
    .action(async (workload: string, { output, port, ...rest }: ConfigOptions) => {
      const dump = await ask<ConfigDump>(`/debug/config_dump?proxyID=${encodeURIComponent(workload)}`);
      const filter = { ...rest, ...(port === undefined ? {} : { port: Number(port) }) };
      const kinds = kind === 'all' ? KINDS : [kind];
      if (kind === 'all' && output === 'json') print(JSON.stringify(dump, null, 2));
      else print(kinds.map((each) => formatConfig(dump, each, filter, output)).join('\n\n'));
    });
}

interface AnalyzeArguments {
  readonly output: AnalyzeOptions['output'];
  readonly suppress: string[];
  readonly failureThreshold: Level;
  readonly outputThreshold: Level;
  readonly live: boolean;
}

const LEVELS = ['Info', 'Warning', 'Error'];

program
  .command('analyze')
  .argument('[paths...]', 'files and directories', ['mesh'])
  .description(
    'checks configuration; with a running mesh also against its services (exit status 79: findings, 65: cannot be parsed)',
  )
  .addOption(new Option('-o, --output <format>').choices(['log', 'json', 'yaml']).default('log'))
  .option(
    '-S, --suppress <code...>',
    'codes to leave out, e.g. IST0101 or "IST0101=VirtualService reviews.default"',
    [],
  )
  .addOption(new Option('--failure-threshold <level>').choices(LEVELS).default('Error'))
  .addOption(new Option('--output-threshold <level>').choices(LEVELS).default('Info'))
  .option('-R, --recursive', 'directories are always read recursively')
  .option('--no-live', 'look at the files alone, as `istioctl analyze --use-kube=false`')
  .action(async (paths: string[], options: AnalyzeArguments) => {
    const known = options.live ? await knownServices() : null;
    const { text, exitCode } = await analyzePaths(paths, { ...options, known });
    print(text);
    process.exitCode = exitCode;
  });

/** null where no mesh runs: the files are then checked on their own. */
async function knownServices(): Promise<KnownServices | null> {
  try {
    return await ask<KnownServices>('/debug/registryz');
  } catch (error) {
    if (error instanceof CliError) return null;
    throw error;
  }
}

program
  .command('validate')
  .description('checks each document on its own (exit status 1: errors)')
  .requiredOption('-f, --filename <path...>', 'files or directories')
  .action(async ({ filename }: { filename: string[] }) => {
    const options = {
      output: 'log',
      suppress: [],
      failureThreshold: 'Error',
      outputThreshold: 'Error',
      known: null,
    } as const;
    const { text, exitCode } = await analyzePaths(filename, options);
    print(exitCode === 0 ? `${filename.map((name) => JSON.stringify(name)).join(', ')} is valid` : text);
    process.exitCode = exitCode === 0 ? 0 : 1;
  });

program
  .command('logs <service>')
  .description('lines of a service and of the agents beside it (`docker compose logs` does not show those)')
  .option('-f, --follow', 'go on', false)
  .option('-n, --tail <lines>', 'so many lines of each container', '100')
  .action(async (service: string, { follow, tail }: { follow: boolean; tail: string }) => {
    const docker = createDocker();
    const controller = await findController(docker, program.opts<{ mesh?: string }>().mesh);
    await printLogs(docker, controller, service, { follow, tail: Number(tail), write: print });
  });

try {
  await program.parseAsync();
} catch (error) {
  const isExpected = error instanceof CliError;
  process.stderr.write(`Error: ${errorMessage(error)}\n${isExpected ? `Remedy: ${error.remedy}\n` : ''}`);
  process.exitCode = isExpected ? error.exitCode : 1;
}
