import type Docker from 'dockerode';
import { readErrorLines } from './log-frames.ts';

/** Docker counts lines of both streams, and an access log may write many while a proxy proves itself. */
const LAST_LINES = 5000;

/**
 * All that the controller reads of Docker, each a GET: with nothing else allowed it serves the agents that came by
 * themselves. Docker's API behind each is in docs/docker-api.md.
 */
export interface DockerReader {
  /** GET /events, of containers and networks. */
  openEvents(signal: AbortSignal): Promise<NodeJS.ReadableStream>;
  /** GET /containers/json, stopped ones too. */
  listContainers(signal: AbortSignal): Promise<readonly Docker.ContainerInfo[]>;
  /** GET /containers/ID/json. */
  inspectContainer(id: string, signal?: AbortSignal): Promise<Docker.ContainerInspectInfo>;
  /** GET /containers/ID/logs: the last lines of its standard error, of a container without a terminal. */
  readErrors(id: string): Promise<readonly string[]>;
}

export function createDockerReader(docker: Docker): DockerReader {
  return {
    openEvents(abortSignal) {
      const filters = JSON.stringify({ type: ['container', 'network'] });
      return docker.getEvents({ filters, abortSignal });
    },
    listContainers: (abortSignal) => docker.listContainers({ all: true, abortSignal }),
    inspectContainer: (id, abortSignal) =>
      docker.getContainer(id).inspect(abortSignal === undefined ? {} : { abortSignal }),
    async readErrors(id) {
      const log = await docker.getContainer(id).logs({ stderr: true, tail: LAST_LINES, follow: false });
      return readErrorLines(log);
    },
  };
}
