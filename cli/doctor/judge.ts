// What `lateen doctor` thinks of a machine: facts in, findings out.

export type Verdict = 'ok' | 'warning' | 'error' | 'unknown';

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do; '' = nothing. */
  readonly remedy: string;
}

/** What can be found out; null = it could not. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly engine: EngineFacts | null;
  /** Why there is no engine. */
  readonly engineError: string;
  readonly engineRemedy: string;
  /** `2.26.1`; null = `docker compose` does not answer. */
  readonly composeVersion: string | null;
  /** Of the machine's ports that the gateway takes: number → free. */
  readonly ports: ReadonlyMap<number, boolean>;
  /** What `nft` said in a container: '' = it could change rules; null = the mesh's image is not here to try it. */
  readonly nft: string | null;
  /** Where images and volumes are kept, on this machine; null = elsewhere. */
  readonly freeBytes: number | null;
  /** A socket of the engine that a container can be given; null = none is known. */
  readonly socket: string | null;
}

export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  /** `Docker Desktop`, `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string;
  readonly kernelVersion: string;
  readonly isRootless: boolean;
  readonly isPodman: boolean;
  /** The engine's clock less this program's. */
  readonly clockAheadMs: number;
  readonly memoryBytes: number;
}

const MEGABYTE = 1024 * 1024;
const LEAST = {
  node: 20,
  api: [1, 41],
  compose: [2, 20],
  /** nf_tables can redirect in the `inet` family since 5.2. */
  kernel: [5, 2],
  freeBytes: 1024 * MEGABYTE,
  memoryBytes: 1024 * MEGABYTE,
  clockMs: 5000,
} as const;

export function judgeMachine(facts: MachineFacts): Finding[] {
  const { engine } = facts;
  return [
    judgeNode(facts.nodeVersion),
    judgeEngine(facts),
    ...(engine === null ? [] : engineFindings(engine, facts)),
    judgeCompose(facts.composeVersion),
    ...[...facts.ports].map(([port, isFree]) => judgePort(port, isFree)),
    judgeDisk(facts.freeBytes),
  ];
}

const ok = (check: string, found: string): Finding => ({ check, verdict: 'ok', found, remedy: '' });

const engineFindings = (engine: EngineFacts, { nft, socket }: MachineFacts): Finding[] => [
  judgeApi(engine),
  judgeKernel(engine),
  judgeNft(nft),
  judgeKind(engine, socket),
  judgeClock(engine.clockAheadMs),
  judgeMemory(engine.memoryBytes),
];

const judgeNode = (version: string): Finding =>
  atLeast(version, [LEAST.node, 0])
    ? ok('node', version)
    : {
        check: 'node',
        verdict: 'error',
        found: `${version} is too old`,
        remedy: 'Install Node 20 or newer.',
      };

const judgeEngine = ({ engine, engineError, engineRemedy }: MachineFacts): Finding =>
  engine === null
    ? { check: 'engine', verdict: 'error', found: engineError, remedy: engineRemedy }
    : ok('engine', `${engine.version}, ${engine.operatingSystem}`);

const judgeApi = ({ apiVersion }: EngineFacts): Finding =>
  atLeast(apiVersion, LEAST.api)
    ? ok('engine API', apiVersion)
    : {
        ...{ check: 'engine API', verdict: 'error', found: `${apiVersion} is too old` },
        remedy: 'Install Docker 20.10 (API 1.41) or newer.',
      };

function judgeCompose(version: string | null): Finding {
  const remedy = 'Install the Compose plugin 2.20 or newer: docs.docker.com/compose/install.';
  if (version === null)
    return { check: 'compose', verdict: 'error', found: '`docker compose` does not answer', remedy };
  return atLeast(version, LEAST.compose)
    ? ok('compose', version)
    : { check: 'compose', verdict: 'error', found: `${version} is too old`, remedy };
}

const judgeKernel = ({ kernelVersion }: EngineFacts): Finding =>
  atLeast(kernelVersion, LEAST.kernel)
    ? ok('kernel', kernelVersion)
    : {
        ...{
          check: 'kernel',
          verdict: 'error',
          found: `${kernelVersion} cannot redirect with nf_tables (inet nat)`,
        },
        remedy: 'Run a kernel of 5.2 or newer.',
      };

function judgeNft(said: string | null): Finding {
  if (said === null)
    return {
      ...{ check: 'nft', verdict: 'unknown', found: 'not tried: the image of the mesh is not here' },
      remedy: 'Run `lateen up` once, then this again.',
    };
  if (said === '') return ok('nft', 'a container with NET_ADMIN can load rules');
  return {
    ...{ check: 'nft', verdict: 'error', found: said },
    remedy:
      'Agents redirect traffic with nf_tables: load the modules `nf_tables`, `nft_chain_nat`, `nft_redir`, `nft_ct` on the machine of the engine, or run a kernel that has them.',
  };
}

function judgeKind({ isPodman, isRootless, operatingSystem }: EngineFacts, socket: string | null): Finding {
  if (isPodman)
    return {
      ...{ check: 'kind', verdict: 'warning', found: 'Podman answers Docker’s API' },
      remedy: `It is not tested. The socket must be on (\`systemctl --user enable --now podman.socket\`), and LATEEN_DOCKER_SOCKET name it${socket === null ? '' : ` (${socket})`}.`,
    };
  if (isRootless)
    return {
      ...{ check: 'kind', verdict: 'warning', found: 'Docker runs rootless' },
      remedy: `With plain \`docker compose up\` set LATEEN_DOCKER_SOCKET=${socket ?? '$XDG_RUNTIME_DIR/docker.sock'}; \`lateen up\` does it. Sources of calls from outside are not told (slirp4netns hides them).`,
    };
  if (/Docker Desktop|OrbStack|colima|Rancher/i.test(operatingSystem))
    return ok(
      'kind',
      `${operatingSystem}: containers run in a virtual machine; call them by published ports, not by their addresses`,
    );
  return ok('kind', 'the engine runs on this machine, as root');
}

function judgeClock(aheadMs: number): Finding {
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  if (Math.abs(aheadMs) <= LEAST.clockMs) return ok('clock', `the engine's differs by ${seconds} s`);
  return {
    ...{
      check: 'clock',
      verdict: 'error',
      found: `the engine's is ${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`,
    },
    remedy:
      'Certificates and tokens would not be valid: set the time anew, or restart the virtual machine of the engine.',
  };
}

const judgeMemory = (bytes: number): Finding =>
  bytes >= LEAST.memoryBytes
    ? ok('memory', gigabytes(bytes))
    : {
        ...{ check: 'memory', verdict: 'warning', found: `${gigabytes(bytes)} in all` },
        remedy:
          'An agent takes about 60 MB: give the engine more, or leave services out (`lateen.inject: "false"`).',
      };

const judgePort = (port: number, isFree: boolean): Finding =>
  isFree
    ? ok(`port ${port}`, 'free')
    : {
        ...{ check: `port ${port}`, verdict: 'warning', found: 'taken' },
        remedy: `\`lateen up\` takes the next free one; with \`docker compose up\` set ${port === 8443 ? 'LATEEN_HTTPS_PORT' : 'LATEEN_HTTP_PORT'}.`,
      };

function judgeDisk(freeBytes: number | null): Finding {
  if (freeBytes === null)
    return { check: 'disk', verdict: 'unknown', found: 'the engine keeps its files elsewhere', remedy: '' };
  return freeBytes >= LEAST.freeBytes
    ? ok('disk', `${gigabytes(freeBytes)} free`)
    : {
        ...{ check: 'disk', verdict: 'warning', found: `${gigabytes(freeBytes)} free` },
        remedy: 'The image of the mesh takes 0.3 GB: `docker system prune` frees what nothing uses.',
      };
}

const gigabytes = (bytes: number) => `${(bytes / (1024 * MEGABYTE)).toFixed(1)} GB`;

export function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = (/(\d+)\.(\d+)/.exec(version) ?? ['', '0', '0']).map(Number);
  return (first ?? 0) > major || (first === major && (second ?? 0) >= minor);
}
