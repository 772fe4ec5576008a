import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { errorMessage } from '../base/errors.ts';
import type { Ask, AskProxy } from './ask/ask.ts';
import { CliError } from './cli-error.ts';
import {
  CONFIG_KINDS,
  type ConfigDump,
  type ConfigFilter,
  type ConfigKind,
  formatAllConfig,
  formatConfig,
} from './proxy/proxy-config.ts';
import { formatDiff, type KindDump } from './proxy/proxy-diff.ts';
import { addProxyLog, findProxies } from './proxy/proxy-log.ts';
import { formatProxyStatus, type SyncPage } from './proxy/proxy-status.ts';
import { type Format, formatAs, formatOption, numberBetween, print } from './terminal/output.ts';

/** `version`, `proxy-status` and `proxy-config`: what a running mesh is asked. */
export function addMeshCommands(program: Command, version: string, ask: Ask, askProxy: AskProxy): void {
  program
    .command('version')
    .description('versions of this program and of the running controller')
    .addOption(formatOption())
    .addHelpText('after', '\nExample:\n  lateen version -o json')
    .action(({ output }: { output: Format }) => printVersion(version, output, ask));
  program
    .command('proxy-status [workload]')
    .alias('ps')
    .description(
      'each proxy: in sync or not, its version, what it answered last; of one: what it holds beside what it should',
    )
    .addOption(formatOption())
    .addHelpText('after', '\nExamples:\n  lateen ps\n  lateen ps reviews-v1')
    .action(async (workload: string | undefined, { output }: { output: Format }) => {
      if (workload !== undefined) return printDiff(workload, ask, askProxy);
      const page = await ask<SyncPage>('/debug/syncz');
      print(formatAs(output, page.proxies, () => formatProxyStatus(page, Date.now())));
    });
  addProxyConfig(program, ask, askProxy);
}

async function printDiff(workload: string, ask: Ask, askProxy: AskProxy): Promise<void> {
  for (const { proxy, container } of await findProxies(workload, ask)) {
    const wanted = await ask<KindDump>(`/debug/config_dump?proxyID=${encodeURIComponent(proxy)}`);
    const held = JSON.parse(await askProxy(container, 'GET', '/config_dump')) as KindDump;
    print(formatDiff(proxy, wanted, held));
  }
}

async function printVersion(client: string, output: Format, ask: Ask): Promise<void> {
  let controlPlane = '';
  let reason = '';
  try {
    controlPlane = (await ask<{ version: string }>('/version')).version;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    reason = error.message;
  }
  const known = { clientVersion: client, controlPlaneVersion: controlPlane === '' ? null : controlPlane };
  print(
    formatAs(
      output,
      known,
      () => `client version: ${client}\ncontrol plane version: ${controlPlane || `none (${reason})`}`,
    ),
  );
}

interface ConfigOptions extends ConfigFilter {
  readonly output: Format;
  readonly file?: string;
}

function addProxyConfig(program: Command, ask: Ask, askProxy: AskProxy): void {
  const group = program
    .command('proxy-config')
    .alias('pc')
    .description('what a proxy holds: listener, route, cluster, endpoint, secret or all; and what it logs')
    .addHelpText(
      'after',
      '\nExamples:\n  lateen pc cluster reviews-v1 --port 9080\n  lateen pc route istio-ingressgateway -o json',
    );
  addProxyLog(group, ask, askProxy);
  for (const kind of [...CONFIG_KINDS, 'all'] as const) {
    group
      .command(`${kind} [workload]`)
      .aliases(kind === 'all' ? [] : [`${kind}s`])
      .description(kind === 'all' ? 'all kinds' : `its ${kind}s`)
      .addOption(formatOption())
      .option('--port <number>', 'only this port', numberBetween(0, 65535))
      .option('--fqdn <host>', 'only this service')
      .option('--subset <name>', 'only this subset')
      .addOption(
        new Option('--direction <direction>', 'only this direction').choices([
          'inbound',
          'outbound',
          'gateway',
        ]),
      )
      .option('--name <name>', 'only what is called so')
      .option('--file <file>', 'take a dump that `-o json` of `all` wrote, instead of asking')
      .action((workload: string | undefined, { output, file, ...filter }: ConfigOptions) =>
        printConfig(kind, filter, output, () => readDump(workload, file, ask)),
      );
  }
}

async function printConfig(
  kind: ConfigKind | 'all',
  filter: ConfigFilter,
  output: Format,
  read: () => Promise<ConfigDump>,
): Promise<void> {
  const dump = await read();
  print(kind === 'all' ? formatAllConfig(dump, filter, output) : formatConfig(dump, kind, filter, output));
}

async function readDump(
  workload: string | undefined,
  file: string | undefined,
  ask: Ask,
): Promise<ConfigDump> {
  if (file !== undefined) return parseDump(file);
  if (workload === undefined)
    throw new CliError('LAT1008', 'no workload is given', 'Name one: `lateen proxy-status` lists them.');
  return ask<ConfigDump>(`/debug/config_dump?proxyID=${encodeURIComponent(workload)}`);
}

function parseDump(file: string): ConfigDump {
  try {
    const dump = JSON.parse(readFileSync(file, 'utf8')) as Partial<ConfigDump>;
    const empty = { proxy: '', listener: [], route: [], cluster: [], endpoint: [], secret: [], places: {} };
    return { ...empty, ...dump };
  } catch (error) {
    throw new CliError(
      'LAT1009',
      `${file} is no dump: ${errorMessage(error)}`,
      'Write one by `lateen pc all NAME -o json`.',
    );
  }
}
