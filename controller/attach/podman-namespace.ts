import type { DockerReader } from '../docker/docker-reader.ts';
import type { ContainerFacts } from '../world/container-facts.ts';
import type { NamespacePlace } from './agent-spec.ts';

/**
 * Podman removes no container whose namespace another one has joined by its id ("has dependent containers"), so that
 * Compose could neither recreate nor scale down an application that has an agent. Joined by its path it may: the agent then
 * finds its namespace dead and ends, as with Docker. The list of name servers does not come along that way.
 */
export function createNamespaceFinder(
  docker: Pick<DockerReader, 'readEngine' | 'inspectContainer'>,
): (app: Pick<ContainerFacts, 'id'>) => Promise<NamespacePlace | null> {
  let isPodman: Promise<boolean> | null = null;
  return async ({ id }) => {
    isPodman ??= docker.readEngine().then((engine) => engine?.isPodman === true);
    if (!(await isPodman)) return null;
    const { NetworkSettings, ResolvConfPath } = await docker.inspectContainer(id);
    const { SandboxKey: path } = NetworkSettings as { readonly SandboxKey?: string };
    return path && ResolvConfPath ? { path, resolvConf: ResolvConfPath } : null;
  };
}
