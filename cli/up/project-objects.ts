import type Docker from 'dockerode';
import { LABEL } from '../../model/labels.ts';

/** What of a project and its mesh is on the engine. */
export interface ProjectObjects {
  readonly containers: readonly Docker.ContainerInfo[];
  readonly networks: readonly string[];
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
    networks: networks.map(({ Id }) => Id),
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
  const isNew = (known: readonly string[]) => (id: string) => !known.includes(id);
  const now = await listObjects(docker, project);
  await removeContainers(
    docker,
    now.containers.filter(({ Id }) => isNew(before.containers.map((info) => info.Id))(Id)),
  );
  for (const id of now.networks.filter(isNew(before.networks))) await quietly(docker.getNetwork(id).remove());
  for (const name of now.volumes.filter(isNew(before.volumes)))
    await quietly(docker.getVolume(name).remove());
}

export async function removeContainers(
  docker: Docker,
  containers: readonly Docker.ContainerInfo[],
): Promise<void> {
  const isController = ({ Labels }: Docker.ContainerInfo) => Labels[LABEL.role] === 'controller';
  const remove = ({ Id }: Docker.ContainerInfo) =>
    quietly(docker.getContainer(Id).remove({ force: true, v: true }));
  await Promise.all(containers.filter(isController).map(remove));
  await Promise.all(containers.filter((info) => !isController(info)).map(remove));
}

/** What is gone already, or goes with its application, is no failure. */
async function quietly(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== 404 && status !== 409) throw error;
  }
}
