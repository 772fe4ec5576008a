import { type Command, InvalidArgumentError } from 'commander';
import type Docker from 'dockerode';
import { PORT } from '../model/ports.ts';
import { createDocker, type FoundController } from './ask/find-controller.ts';
import { openBrowser } from './browser.ts';
import { CliError } from './cli-error.ts';
import { print } from './terminal/output.ts';

const PAGES: Readonly<Record<string, { readonly port: number; readonly path: string }>> = {
  console: { port: PORT.console, path: '/' },
  // People look for istioctl's words.
  kiali: { port: PORT.console, path: '/' },
  jaeger: { port: PORT.traceQuery, path: '/api/services' },
};
const NAMES = Object.keys(PAGES).join(', ');

/** As much of a container as is asked for. */
export interface Published {
  readonly Config: { readonly Env?: readonly string[] | null };
  readonly NetworkSettings: {
    readonly Ports?: Readonly<Record<string, readonly { HostIp?: string; HostPort?: string }[] | null>>;
  };
}

/** `lateen dashboard [console|jaeger]`, after istioctl's: says where a page is, and opens it. */
export function addDashboardCommand(
  program: Command,
  find: (docker: Docker) => Promise<FoundController>,
): void {
  program
    .command('dashboard [page]')
    .alias('dash')
    .alias('d')
    .description('the console in your browser; or where the query API of traces is (jaeger)')
    .option('--browser <open>', 'false only prints the address', readFlag, true)
    .addHelpText('after', '\nExamples:\n  lateen dashboard\n  lateen dashboard jaeger --browser=false')
    .action(async (page: string | undefined, { browser }: { browser: boolean }) => {
      const docker = await createDocker();
      const { id } = await find(docker);
      const info = (await docker.getContainer(id).inspect()) as Published;
      const { address, secret } = addressOf(page ?? 'console', info);
      const opens = browser && process.stdout.isTTY === true && (await openBrowser(address, secret));
      // A token is printed only to who must type it.
      print(opens ? address : address + secret);
    });
}

/** Where a page is published; `secret` is what its address ends with where a token is asked for. */
export function addressOf(
  page: string,
  { Config, NetworkSettings }: Published,
): { address: string; secret: string } {
  const asked = Object.hasOwn(PAGES, page) ? PAGES[page] : undefined;
  if (asked === undefined) throw new CliError('LAT1007', `there is no page ${page}`, `Known: ${NAMES}.`);
  const [published] = NetworkSettings.Ports?.[`${asked.port}/tcp`] ?? [];
  if (published?.HostPort === undefined)
    throw new CliError(
      'LAT1025',
      `port ${asked.port} of the controller is not published`,
      'Start it by compose/mesh.yml of this version: `docker compose up -d`.',
    );
  const host =
    published.HostIp === undefined || /^(0\.0\.0\.0|::)?$/.test(published.HostIp)
      ? '127.0.0.1'
      : published.HostIp;
  const value = (name: string) =>
    (Config.Env ?? []).find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const token = value('LATEEN_WRITE_TOKEN') || value('LATEEN_ADMIN_TOKEN');
  const isConsole = asked.port === PORT.console && token !== '';
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${published.HostPort}${asked.path}`,
    secret: isConsole ? `#token=${encodeURIComponent(token)}` : '',
  };
}

function readFlag(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('Write true or false.');
}
