import type Docker from 'dockerode';
import { daemonFailure } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';

/** API of Docker 20.10. */
const OLDEST_API = [1, 41];

export interface Engine {
  readonly version: string;
  readonly apiVersion: string;
  readonly isSwarm: boolean;
  /** The name of the machine that it runs on. */
  readonly machine: string;
}

/** @throws CliError where no daemon answers, or one that is too old */
export async function readEngine(docker: Docker): Promise<Engine> {
  try {
    const [{ Version: version, ApiVersion: apiVersion }, info] = await Promise.all([
      docker.version(),
      docker.info() as Promise<{ Name?: string; Swarm?: { LocalNodeState?: string } }>,
    ]);
    if (isOlder(apiVersion)) throw tooOld(version, apiVersion);
    return {
      version,
      apiVersion,
      isSwarm: info.Swarm?.LocalNodeState === 'active',
      machine: info.Name ?? '',
    };
  } catch (error) {
    throw error instanceof CliError ? error : daemonFailure(error);
  }
}

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
