import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Command, Option } from 'commander';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { errorMessage } from '../../base/errors.ts';
import { LABEL } from '../../model/labels.ts';
import { askController, askProxy } from '../ask/ask-controller.ts';
import { createDocker, type FoundController } from '../ask/find-controller.ts';
import { readLogs } from '../proxy/logs.ts';
import type { SyncPage } from '../proxy/proxy-status.ts';
import { print } from '../terminal/output.ts';
import { whileWaiting } from '../terminal/progress.ts';
import { scrub } from './scrub.ts';

const PAGES = [
  'version',
  'debug/syncz',
  'debug/registryz',
  'debug/configz',
  'debug/violations',
  'debug/proxies',
];
const LOG_LINES = 5000;
const FOLDER = 'bug-report';

/** One file of the archive; what could not be had says why in its place. */
interface Entry {
  readonly name: string;
  read(): Promise<string>;
}

/** `lateen bug-report`: all that who helps will ask for, in one archive, without what would open a door. */
export function addBugReportCommand(
  program: Command,
  find: (docker: Docker) => Promise<FoundController>,
): void {
  program
    .command('bug-report')
    .description(
      'collects configuration, state and logs of the mesh in an archive; keys and tokens are left out',
    )
    .addOption(new Option('--file <file>', 'the archive').default('bug-report.tar.gz'))
    .addHelpText('after', '\nLook into it before you give it away: names, paths and addresses are in it.')
    .action(async ({ file }: { file: string }) => {
      const docker = await createDocker();
      const controller = await find(docker);
      const { entries, missing } = await whileWaiting('Collecting', async () => {
        const entries = await collect(docker, controller);
        return { entries, missing: await write(file, entries) };
      });
      print(
        `${file}: ${entries.length} files${missing === 0 ? '' : `, ${missing} of which only say why they are empty`}`,
      );
    });
}

async function collect(docker: Docker, controller: FoundController): Promise<readonly Entry[]> {
  const ask = (path: string) => askController<unknown>(docker, controller, path);
  const json = (name: string, read: () => Promise<unknown>): Entry => ({
    name: `${name}.json`,
    read: async () => JSON.stringify(await read(), null, 2),
  });
  const { proxies } = (await ask('/debug/syncz')) as SyncPage;
  const containers = await docker.listContainers({
    all: true,
    filters: { label: [`${LABEL.composeProject}=${controller.project}`] },
  });
  const ofTheMesh = containers.filter(({ Labels }) => Labels[LABEL.role] !== undefined);
  return [
    ...PAGES.map((page) => json(`controller/${page.replaceAll('/', '-')}`, () => ask(`/${page}`))),
    json('docker/version', () => docker.version()),
    // Environments are not in it: they are where people keep passwords.
    json('docker/containers', async () =>
      containers.map(({ Names, Image, State, Status, Labels, Ports, NetworkSettings }) => {
        return { Names, Image, State, Status, Labels, Ports, NetworkSettings };
      }),
    ),
    ...proxies.flatMap(({ proxy, container }) =>
      container === undefined
        ? []
        : [
            json(`proxies/${proxy}/config`, async () =>
              JSON.parse(await askProxy(docker, container, 'GET', '/config_dump')),
            ),
            {
              name: `proxies/${proxy}/metrics.txt`,
              read: () => askProxy(docker, container, 'GET', '/stats/prometheus'),
            },
          ],
    ),
    ...ofTheMesh.map(({ Id, Names }): Entry => {
      const name = (Names[0] ?? Id).replace(/^\//, '');
      return {
        name: `logs/${name}.log`,
        read: async () => (await readLogs(docker, Id, LOG_LINES)).join('\n'),
      };
    }),
  ];
}

/** Gives how many of the files could not be filled. */
async function write(file: string, entries: readonly Entry[]): Promise<number> {
  const archive = pack();
  const written = pipeline(archive, createGzip(), createWriteStream(file));
  let missing = 0;
  for (const { name, read } of entries) {
    const text = await read().catch((error: unknown) => {
      missing += 1;
      return `not to be had: ${errorMessage(error)}\n`;
    });
    archive.entry({ name: `${FOLDER}/${name}` }, scrub(text));
  }
  archive.finalize();
  await written;
  return missing;
}
