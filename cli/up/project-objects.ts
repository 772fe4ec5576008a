import type Docker from 'dockerode';
import { LABEL } from '../../model/labels.ts';

/** What of a project and its mesh is on the engine. */
export interface ProjectObjects {
  readonly containers: readonly Docker.ContainerInfo[];
  readonly networks: readonly { readonly id: string; readonly name: string }[];
  readonly volumes: readonly string[];
}

export async function listObjects(docker: Docker, project: string): Promise<ProjectObjects> {
  const [containers, networks, volumes] = await Promise.all([
    listContainers(docker, project),
    docker.listNetworks({ filters: { label: [`${LABEL.composeProject}=${project}`] } }),
    docker.listVolumes({ filters: { label: [`${LABEL.composeProject}=${project}`] } }),
  ]);
  return {
    containers,
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: (volumes.Volumes ?? []).map(({ Name }) => Name),
  };
}

/** Those that Compose made, and the agents of the mesh of that name. */
export async function listContainers(docker: Docker, project: string): Promise<Docker.ContainerInfo[]> {
  const lists = await Promise.all(
    [LABEL.composeProject, LABEL.mesh].map((label) =>
      docker.listContainers({ all: true, filters: { label: [`${label}=${project}`] } }),
    ),
  );
  const byId = new Map(lists.flat().map((info) => [info.Id, info]));
  return [...byId.values()];
}

/** Removes what was not there before: the controller first, so that it makes no more agents. */
export async function removeNewObjects(
  docker: Docker,
  project: string,
  before: ProjectObjects,
): Promise<void> {
  const now = await listObjects(docker, project);
  const known = new Set(before.containers.map(({ Id }) => Id));
  const kept = new Set(before.containers.flatMap(volumesOf));
  await removeContainers(
    docker,
    now.containers.filter(({ Id }) => !known.has(Id)),
    kept,
  );
  // One of a known name is in the place of one that Compose made anew.
  for (const { id, name } of now.networks)
    if (!before.networks.some((network) => network.name === name))
      await quietly(docker.getNetwork(id).remove());
  for (const name of now.volumes)
    if (!before.volumes.includes(name)) await quietly(docker.getVolume(name).remove());
}

const volumesOf = ({ Mounts }: Docker.ContainerInfo) => Mounts.flatMap(({ Name }) => Name ?? []);

/** With their anonymous volumes, but for those that one of `kept` is: Compose hands them on to a new container. */
export async function removeContainers(
  docker: Docker,
  containers: readonly Docker.ContainerInfo[],
  kept: ReadonlySet<string> = new Set(),
): Promise<void> {
  const isController = ({ Labels }: Docker.ContainerInfo) => Labels[LABEL.role] === 'controller';
  const remove = (info: Docker.ContainerInfo) => {
    const v = !volumesOf(info).some((name) => kept.has(name));
    return quietly(docker.getContainer(info.Id).remove({ force: true, v }));
  };
  await Promise.all(containers.filter(isController).map(remove));
  const others = containers.filter((info) => !isController(info));
  const done = await Promise.allSettled(others.map(remove));
  // Podman refuses one whose namespace another one shares, until that is gone.
  await Promise.all(others.filter((_, index) => done[index]?.status === 'rejected').map(remove));
}

/** What is gone already, or goes with its application, is no failure. */
async function quietly(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const { statusCode, message } = error as { readonly statusCode?: number; readonly message: string };
    // A network that somebody else has joined stays: 403 with Docker 20.10.
    const isInUse = statusCode === 409 || /has active endpoints/.test(message);
    if (!isMissing(error) && !isInUse) throw error;
  }
}

export const isMissing = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 404;
