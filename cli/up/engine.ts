import type Docker from 'dockerode';
import { daemonFailure } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';

/** API of Docker 20.10. */
const OLDEST_API = [1, 41];

export interface Engine {
  readonly version: string;
  readonly apiVersion: string;
  readonly isSwarm: boolean;
  readonly isPodman: boolean;
  /** The name of the machine that it runs on. */
  readonly machine: string;
}

interface EngineAnswer {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Components?: readonly { readonly Name: string }[];
}

/** @throws CliError where no daemon answers, or one that is too old */
export async function readEngine(docker: Docker): Promise<Engine> {
  try {
    const [{ Version: version, ApiVersion: apiVersion, Components = [] }, info] = await Promise.all([
      docker.version() as Promise<EngineAnswer>,
      docker.info() as Promise<{ Name?: string; Swarm?: { LocalNodeState?: string } }>,
    ]);
    if (isOlder(apiVersion)) throw tooOld(version, apiVersion);
    return {
      version,
      apiVersion,
      isPodman: Components.some(({ Name }) => /podman/i.test(Name)),
      isSwarm: info.Swarm?.LocalNodeState === 'active',
      machine: info.Name ?? '',
    };
  } catch (error) {
    throw error instanceof CliError ? error : daemonFailure(error);
  }
}

/** Podman has no BuildKit: Compose would pull one, and run it with all rights. */
export const builderEnvironment = (
  { isPodman }: Pick<Engine, 'isPodman'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> =>
  isPodman && env['DOCKER_BUILDKIT'] === undefined ? { DOCKER_BUILDKIT: '0' } : {};

export function isOlder(apiVersion: string, [major = 0, minor = 0] = OLDEST_API): boolean {
  const [first = 0, second = 0] = apiVersion.split('.').map(Number);
  return first < major || (first === major && second < minor);
}

const tooOld = (version: string, apiVersion: string) =>
  new CliError(
    'LAT1036',
    `the Docker engine ${version} is too old (its API is ${apiVersion})`,
    'Install Docker 20.10 or newer.',
  );
