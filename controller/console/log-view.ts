import { errorMessage } from '../../base/errors.ts';
import type { LogView } from '../../model/console.ts';
import type { Workload } from '../compile/world.ts';
import type { DockerReader } from '../docker/docker-reader.ts';
import { readLogLines } from '../docker/log-lines.ts';
import type { ProxyStatus } from '../push/proxy-connection.ts';
import { applicationContainer } from '../world/applications.ts';
import type { ContainerFacts } from '../world/container-facts.ts';
import { ownsNamespace } from '../world/membership.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const MOST_LINES = 1000;
const USUAL_LINES = 200;

/** How many lines are asked for. */
export function readTail(text: string | null): number {
  const asked = Number(text ?? '');
  return Number.isInteger(asked) && asked > 0 ? Math.min(MOST_LINES, asked) : USUAL_LINES;
}

/** The log of an application, or of the proxy beside it; where it cannot be read it says why. */
export async function logView(
  docker: Pick<DockerReader, 'readLog'>,
  container: ContainerFacts | null,
  of: 'app' | 'agent',
  tail: number,
): Promise<LogView> {
  if (container === null)
    return {
      lines: [],
      problem: of === 'agent' ? 'There is no proxy beside it just now.' : 'The container is gone.',
    };
  try {
    const log = await docker.readLog(container.id, tail, MAX_BYTES);
    const problem =
      log.length >= MAX_BYTES ? 'The log is too long: its newest lines are not here. Ask for fewer.' : '';
    return { lines: readLogLines(log, container.hasTerminal), problem };
  } catch (error) {
    return { lines: [], problem: `Docker does not give the log: ${errorMessage(error).trim()}` };
  }
}

/** Whose log is meant: a gateway is its own proxy, and so is an agent that Compose started. */
export function containerOf(
  { id, proxy }: Workload,
  of: 'app' | 'agent',
  containers: ReadonlyMap<string, ContainerFacts>,
  proxies: ReadonlyMap<string, ProxyStatus>,
  isAgentOf: (facts: ContainerFacts) => boolean,
): ContainerFacts | null {
  const own = containers.get(id) ?? null;
  if (proxy === 'gateway') return own;
  if (of === 'app') return applicationContainer(containers, id) ?? null;
  const connected = proxies.get(id)?.container ?? '';
  // One that does not speak has the more to tell.
  const agent = containers.get(connected) ?? [...containers.values()].find(isAgentOf);
  return agent ?? (own !== null && ownsNamespace(own) ? own : null);
}
