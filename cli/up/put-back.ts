import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { errorMessage } from '../../base/errors.ts';
import { LABEL } from '../../model/labels.ts';
import { isMissing, listObjects, type ProjectObjects, removeNewObjects } from './project-objects.ts';
import { awaitedServices, inStartOrder, sameContainer } from './same-container.ts';

/** As long as a container that others wait for may take to be healthy. */
const HEALTHY_MS = 60_000;
const LOOK_MS = 200;

/** What was there of a project before it was touched, with all that is needed to have it again. */
export interface SavedProject {
  readonly objects: ProjectObjects;
  readonly containers: readonly Docker.ContainerInspectInfo[];
}

/** Agents that the controller attached are not kept: it attaches new ones. */
export async function saveProject(docker: Docker, project: string): Promise<SavedProject> {
  const objects = await listObjects(docker, project);
  const own = objects.containers.filter(
    ({ Labels }) => Labels[LABEL.composeProject] === project && Labels[LABEL.composeService] !== undefined,
  );
  return { objects, containers: await Promise.all(own.map(({ Id }) => docker.getContainer(Id).inspect())) };
}

/**
 * Removes what is new, makes what is gone as it was, and starts what ran.
 * @returns what could not be put back, in a sentence each
 */
export async function putBack(docker: Docker, project: string, saved: SavedProject): Promise<string[]> {
  await removeNewObjects(docker, project, saved.objects);
  const failures: string[] = [];
  const work = {
    docker,
    ids: new Map(),
    begun: new Set<string>(),
    awaited: awaitedServices(saved.containers),
  };
  for (const before of inStartOrder(saved.containers)) {
    try {
      work.ids.set(before.Id, await remake(work, before));
      if (before.State.Running) await start(work, before);
    } catch (error) {
      failures.push(`${before.Name.slice(1)}: ${errorMessage(error)}`);
    }
  }
  return failures;
}

interface Work {
  readonly docker: Docker;
  /** What its id was → what it is. */
  readonly ids: Map<string, string>;
  /** Those, by the ids that they had, whose namespaces are new. */
  readonly begun: Set<string>;
  readonly awaited: ReadonlySet<string>;
}

/** The id of a container that is there still, or is made anew: also where it joins what was made anew. */
async function remake({ docker, ids }: Work, before: Docker.ContainerInspectInfo): Promise<string> {
  const old = docker.getContainer(before.Id);
  const spec = JSON.stringify(before.HostConfig);
  const isStale = [...ids].some(([was, is]) => was !== is && spec.includes(was));
  if (!(await isGone(() => old.inspect()))) {
    if (!isStale) return before.Id;
    await old.remove({ force: true });
  }
  const { options, networks } = sameContainer(before, await imageOf(docker, before));
  const container = await docker.createContainer(withIds(options, ids));
  for (const { name, endpoint } of networks)
    await docker.getNetwork(name).connect({ Container: container.id, EndpointConfig: endpoint });
  return container.id;
}

/** Containers are named by others that join their namespaces or volumes. */
function withIds<T>(options: T, ids: ReadonlyMap<string, string>): T {
  let text = JSON.stringify(options);
  for (const [before, now] of ids) text = text.replaceAll(before, now);
  return JSON.parse(text) as T;
}

/** Its name, unless a build has given that to another image. */
async function imageOf(docker: Docker, { Config, Image }: Docker.ContainerInspectInfo): Promise<string> {
  let id = '';
  await isGone(async () => {
    ({ Id: id } = await docker.getImage(Config.Image).inspect());
  });
  return id === Image ? Config.Image : Image;
}

async function start(
  { docker, ids, begun, awaited }: Work,
  before: Docker.ContainerInspectInfo,
): Promise<void> {
  const container = docker.getContainer(ids.get(before.Id) ?? before.Id);
  const spec = JSON.stringify(before.HostConfig);
  const isRunning = (await container.inspect()).State.Running;
  // A namespace ends with the container that owns it.
  if (isRunning && [...begun].some((id) => spec.includes(id))) await container.restart();
  else if (!isRunning) await container.start();
  else return;
  begun.add(before.Id);
  const isAwaited = awaited.has(before.Config.Labels?.[LABEL.composeService] ?? '');
  if (!isAwaited || before.State.Health?.Status !== 'healthy') return;
  const untilMs = performance.now() + HEALTHY_MS;
  while ((await container.inspect()).State.Health?.Status !== 'healthy') {
    if (performance.now() > untilMs) throw new Error(`it is not healthy after ${HEALTHY_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}

async function isGone(look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look();
    return false;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}
