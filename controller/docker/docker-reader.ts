import type Docker from 'dockerode';
import { readErrorLines } from './log-frames.ts';

/** Docker counts lines of both streams, and an access log may write many while a proxy proves itself. */
const LAST_LINES = 5000;

export interface EngineKind {
  readonly version: string;
  /** `1.41`. */
  readonly apiVersion: string;
  readonly isPodman: boolean;
}

/**
 * All that the controller reads of Docker, each a GET: with nothing else allowed it serves the agents that came by
 * themselves. Docker's API behind each is in docs/docker-api.md.
 */
export interface DockerReader {
  /** GET /events, of containers and networks. */
  openEvents(signal: AbortSignal): Promise<NodeJS.ReadableStream>;
  /** GET /version; null = what stands before the socket does not let it through. */
  readEngine(): Promise<EngineKind | null>;
  /** GET /containers/json, stopped ones too. */
  listContainers(signal: AbortSignal): Promise<readonly Docker.ContainerInfo[]>;
  /** GET /containers/ID/json. */
  inspectContainer(id: string, signal?: AbortSignal): Promise<Docker.ContainerInspectInfo>;
  /** GET /containers/ID/logs: the last lines of its standard error, of a container without a terminal. */
  readErrors(id: string): Promise<readonly string[]>;
  /** GET /containers/ID/logs: the last lines of both streams, with their times; at most so many bytes of them. */
  readLog(id: string, tail: number, maxBytes: number): Promise<Buffer>;
}

export function createDockerReader(docker: Docker): DockerReader {
  return {
    openEvents(abortSignal) {
      const filters = JSON.stringify({ type: ['container', 'network'] });
      return docker.getEvents({ filters, abortSignal });
    },
    async readEngine() {
      try {
        const {
          Version: version,
          ApiVersion: apiVersion,
          Components = [],
        } = (await docker.version()) as {
          readonly Version: string;
          readonly ApiVersion: string;
          readonly Components?: readonly { readonly Name: string }[];
        };
        return { version, apiVersion, isPodman: Components.some(({ Name }) => /podman/i.test(Name)) };
      } catch {
        return null;
      }
    },
    listContainers: (abortSignal) => docker.listContainers({ all: true, abortSignal }),
    inspectContainer: (id, abortSignal) =>
      docker.getContainer(id).inspect(abortSignal === undefined ? {} : { abortSignal }),
    async readErrors(id) {
      const log = await docker.getContainer(id).logs({ stderr: true, tail: LAST_LINES, follow: false });
      return readErrorLines(log);
    },
    async readLog(id, tail, maxBytes) {
      const stream = await dial(docker, `/containers/${id}/logs?stdout=1&stderr=1&timestamps=1&tail=${tail}`);
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of stream) {
        chunks.push(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (bytes >= maxBytes) break;
      }
      return Buffer.concat(chunks);
    },
  };
}

/** A GET whose answer is read as it comes; dockerode itself would hold all of it, however long a line is. */
function dial(docker: Docker, path: string): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    const statusCodes = { 200: true, 404: 'no such container', 500: 'server error', 501: 'not supported' };
    const options = { path, method: 'GET', isStream: true, statusCodes };
    docker.modem.dial(options, (error, stream) => {
      if (error !== null && error !== undefined) reject(error as Error);
      else resolve(stream as NodeJS.ReadableStream);
    });
  });
}
