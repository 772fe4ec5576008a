import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';

/**
 * All that the controller changes in Docker; whoever stands before the socket can refuse any of it. Docker's API behind
 * each is in docs/docker-api.md.
 */
export interface DockerWriter {
  /** POST /containers/create, for agents only; its id. */
  createContainer(spec: ContainerCreateOptions): Promise<string>;
  /** POST /containers/ID/start, of an agent. */
  startContainer(id: string): Promise<void>;
  /** DELETE /containers/ID?force=1, of an agent, or of a visitor's command. */
  removeContainer(id: string): Promise<void>;
  /** POST /containers/ID/pause, of an application that waits for its agent. */
  pauseContainer(id: string): Promise<void>;
  /** POST /containers/ID/unpause. */
  unpauseContainer(id: string): Promise<void>;
  /** POST /networks/ID/connect, of a gateway. */
  connectNetwork(network: string, container: string): Promise<void>;
}

/** @param onRefused what stands before the socket lets no writes through; told once */
export function createDockerWriter(docker: Docker, onRefused: () => void): DockerWriter {
  let isTold = false;
  const tell = (error: unknown): never => {
    if (isForbidden(error) && !isTold) {
      isTold = true;
      onRefused();
    }
    throw error;
  };
  return {
    createContainer: (spec) => docker.createContainer(spec).then(({ id }) => id, tell),
    startContainer: (id) => docker.getContainer(id).start().catch(tell),
    removeContainer: (id) => docker.getContainer(id).remove({ force: true }).catch(tell),
    pauseContainer: (id) => docker.getContainer(id).pause().catch(tell),
    unpauseContainer: (id) => docker.getContainer(id).unpause().catch(tell),
    connectNetwork: (network, container) =>
      docker.getNetwork(network).connect({ Container: container }).catch(tell),
  };
}

/** 403, or 405 for the method: neither is among the daemon's own answers to these calls. */
export function isForbidden(error: unknown): boolean {
  const { statusCode } = error as { readonly statusCode?: number };
  return statusCode === 405 || statusCode === 403;
}
