import type { EngineFacts, MachineFacts, NftTrial } from './facts.ts';
import { atLeast, type Finding, finding, gigabytes, ok } from './finding.ts';
import { judgeKind } from './judge-kind.ts';
import { type NamedRange, overlaps } from './overlap.ts';

/** API of Docker 20.10. */
const LEAST_API = [1, 41] as const;
/** nf_tables can redirect in the `inet` family since 5.2. */
const LEAST_KERNEL = [5, 2] as const;
const LEAST_MEMORY = 1024 ** 3;
const MOST_CLOCK_MS = 5000;
/** Docker's own ranges are enough for 31 networks: 172.17 to 172.31, and 16 of 192.168. */
const USUAL_POOLS = { all: 31, fewLeft: 3 };

export const engineFindings = (engine: EngineFacts, facts: MachineFacts): Finding[] => [
  judgeApi(engine, facts.askedApi),
  judgeKernel(engine),
  judgeNft(facts.nft),
  ...judgeKind(engine, facts.socket),
  ...judgeSecurity(engine),
  judgeClock(engine.clockAheadMs),
  judgeMemory(engine.memoryBytes),
  ok('cgroup', `version ${engine.cgroupVersion}: either will do`),
  ...judgeNetworks(engine, facts.routes),
  ...(engine.proxy === '' ? [] : [ok('engine’s proxy', `images are pulled through ${engine.proxy}`)]),
];

function judgeApi({ apiVersion }: EngineFacts, asked: string): Finding {
  if (!atLeast(apiVersion, LEAST_API))
    return finding(
      'error',
      'engine API',
      `${apiVersion} is too old`,
      'Install Docker 20.10 (API 1.41) or newer.',
    );
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  const isRefused = asked !== '' && atLeast(asked, [major, minor + 1]);
  return isRefused
    ? finding(
        'error',
        'engine API',
        `DOCKER_API_VERSION asks for ${asked}, the engine knows ${apiVersion}`,
        'Unset DOCKER_API_VERSION: `docker` then takes what both know.',
      )
    : ok('engine API', apiVersion);
}

const judgeKernel = ({ kernelVersion }: EngineFacts): Finding =>
  atLeast(kernelVersion, LEAST_KERNEL)
    ? ok('kernel', kernelVersion)
    : finding(
        'error',
        'kernel',
        `${kernelVersion} cannot redirect with nf_tables (inet nat)`,
        'Run a kernel of 5.2 or newer.',
      );

function judgeNft(trial: NftTrial | null): Finding {
  if (trial === null)
    return finding(
      'unknown',
      'nft',
      'not tried: the image of the mesh is not here',
      'Run `lateen up` once, then this again.',
    );
  if (trial.said === '') return ok('nft', 'a container with NET_ADMIN can load rules, for IPv4 and IPv6');
  return finding('error', 'nft', trial.said, nftRemedy(trial));
}

function nftRemedy({ didStart, said }: NftTrial): string {
  if (/executable file.*not found|no such file or directory.*nft|nft.*no such file/i.test(said))
    return 'The image has no nft: let LATEEN_IMAGE name one that was made by compose/Dockerfile, or unset it.';
  if (!didStart)
    return 'The engine cannot start a container with NET_ADMIN: `docker run --rm --cap-add NET_ADMIN …` fails likewise. Mend what it says.';
  if (/not permitted|permission denied/i.test(said))
    return 'Something takes NET_ADMIN from containers (a profile of seccomp or AppArmor, an authorization plugin, a user namespace): allow it for the image of the mesh.';
  return 'Agents redirect traffic with nf_tables: load the modules `nf_tables`, `nft_chain_nat`, `nft_redir`, `nft_ct` on the machine of the engine (`modprobe nft_redir`), or run a kernel that has them.';
}

/** SELinux keeps containers off the engine's socket; AppArmor's usual profile lets through all that an agent does. */
function judgeSecurity({ securityOptions }: EngineFacts): Finding[] {
  if (securityOptions.some((option) => /\bselinux\b/.test(option)))
    return [
      finding(
        'warning',
        'SELinux',
        'it is on: the controller may not use the engine’s socket, nor read ./mesh',
        'It was never tried. Label the folder (`chcon -Rt container_file_t mesh`), and let containers connect to the socket by a policy of yours.',
      ),
    ];
  const profile = securityOptions.some((option) => /\bapparmor\b/.test(option));
  return profile ? [ok('AppArmor', 'its usual profile lets an agent do all that it has to')] : [];
}

function judgeClock(aheadMs: number): Finding {
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  if (Math.abs(aheadMs) <= MOST_CLOCK_MS) return ok('clock', `the engine's differs by ${seconds} s`);
  return finding(
    'error',
    'clock',
    `the engine's is ${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`,
    'Certificates and tokens would not be valid: set the time anew, or restart the virtual machine of the engine.',
  );
}

const judgeMemory = (bytes: number): Finding =>
  bytes >= LEAST_MEMORY
    ? ok('memory', gigabytes(bytes))
    : finding(
        'warning',
        'memory',
        `${gigabytes(bytes)} in all`,
        'An agent takes about 60 MB: give the engine more, or leave services out (`lateen.inject: "false"`).',
      );

function judgeNetworks(engine: EngineFacts, routes: readonly NamedRange[]): Finding[] {
  const clashes = engine.networks.flatMap((network) =>
    routes
      .filter(({ range }) => overlaps(range, network.range))
      .map((route) => `${network.name} (${network.range}) and ${route.name} (${route.range})`),
  );
  const count = engine.networks.length;
  const isNearlyFull =
    engine.hasUsualPools && !engine.isPodman && count > USUAL_POOLS.all - USUAL_POOLS.fewLeft;
  if (clashes.length > 0)
    return [
      finding(
        'warning',
        'networks',
        `the same addresses twice: ${clashes.join(', ')}`,
        'What is behind the other one, as of a VPN, cannot be reached from these containers: give the network another `subnet` (`ipam`), or the engine other `default-address-pools`.',
      ),
    ];
  if (isNearlyFull)
    return [
      finding(
        'warning',
        'networks',
        `${count} of about ${USUAL_POOLS.all} that Docker has addresses for`,
        '`docker network prune` removes those that nothing uses; `default-address-pools` of the engine makes room for more.',
      ),
    ];
  return [ok('networks', `${count}, none with addresses that this machine has otherwise`)];
}
