// The machine that this program runs on: ports, disk, limits, what containers are told of a proxy.
import type { ContainerProxy, InotifyLimits, MachineFacts } from './facts.ts';
import { type Finding, finding, gigabytes, ok } from './finding.ts';

const LEAST_FREE = { toRun: 300 * 1024 ** 2, toBuild: 1024 ** 3 };
/** Distributions give 128 and 8192 at least; a controller needs one instance, and one watch for each folder. */
const LEAST_INOTIFY = { instances: 64, watches: 1024 };

export const hostFindings = (facts: MachineFacts): Finding[] => [
  ...[...facts.ports].map(([port, isFree]) => judgePort(port, isFree)),
  judgeDisk(facts.freeBytes),
  ...(facts.inotify === null ? [] : [judgeInotify(facts.inotify)]),
  ...(facts.containerProxy === null ? [] : [judgeProxy(facts.containerProxy)]),
];

const judgePort = (port: number, isFree: boolean): Finding =>
  isFree
    ? ok(`port ${port}`, 'free')
    : finding(
        'warning',
        `port ${port}`,
        'taken',
        `\`lateen up\` takes the next free one; with \`docker compose up\` set ${port === 8443 ? 'LATEEN_HTTPS_PORT' : 'LATEEN_HTTP_PORT'}.`,
      );

function judgeDisk(freeBytes: number | null): Finding {
  if (freeBytes === null) return finding('unknown', 'disk', 'the engine keeps its files elsewhere', '');
  if (freeBytes >= LEAST_FREE.toBuild) return ok('disk', `${gigabytes(freeBytes)} free`);
  return finding(
    freeBytes < LEAST_FREE.toRun ? 'error' : 'warning',
    'disk',
    `${gigabytes(freeBytes)} free`,
    'The image of the mesh takes 0.3 GB, and more while it is built: `docker system prune` frees what nothing uses.',
  );
}

const judgeInotify = ({ instances, watches }: InotifyLimits): Finding =>
  instances >= LEAST_INOTIFY.instances && watches >= LEAST_INOTIFY.watches
    ? ok('inotify', `${instances} instances, ${watches} watches for each user`)
    : finding(
        'warning',
        'inotify',
        `${instances} instances, ${watches} watches for each user`,
        'Where none is left an edit is in force up to 2 s later. `sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=65536` raises them.',
      );

const judgeProxy = ({ address, except }: ContainerProxy): Finding =>
  finding(
    'warning',
    'proxy',
    `the Docker client tells every container to use ${address}${except === '' ? '' : `, except for ${except}`}`,
    'Calls between services go around the mesh by it, unless their names are in `noProxy` of `proxies.default` in ~/.docker/config.json, or NO_PROXY of the service says so.',
  );
