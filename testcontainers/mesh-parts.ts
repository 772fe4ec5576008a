import type Docker from 'dockerode';
import type { StartedNetwork } from 'testcontainers';
import { LABEL, type Labels } from '../model/labels.ts';
import { refuseForeignNamespace } from './joinable.ts';

/** What a mesh has in the engine, all of it found by its id: so that nothing stays, whatever became of the start. */
export class MeshParts {
  readonly #docker: Docker;
  readonly id: string;
  /** Holds the socket by which proxies and controller speak. */
  readonly volume: string;
  network: StartedNetwork | null = null;

  constructor(docker: Docker, id: string) {
    this.#docker = docker;
    this.id = id;
    this.volume = `${id}-control`;
  }

  async createVolume(labels: Labels): Promise<void> {
    await this.#docker.createVolume({ Name: this.volume, Labels: { ...labels } });
  }

  /** Running containers that are to have a proxy: by the label `lateen.mesh`, or of the mesh's compose project. */
  async joined(): Promise<string[]> {
    const lists = await Promise.all(
      [`${LABEL.mesh}=${this.id}`, `${LABEL.composeProject}=${this.id}`].map((label) =>
        this.#docker.listContainers({ filters: { label: [label] } }),
      ),
    );
    const isJoined = ({ Labels: labels }: Docker.ContainerInfo) =>
      labels[LABEL.role] === undefined &&
      (labels[LABEL.inject] === 'true' || labels[LABEL.istioInject] === 'true');
    return [
      ...new Set(
        lists
          .flat()
          .filter(isJoined)
          .map(({ Id }) => Id),
      ),
    ];
  }

  /** `ID@START` of each: a container that was started again is not served before its new proxy is. */
  async startsOf(ids: readonly string[]): Promise<string[]> {
    const all = await Promise.all(ids.map((id) => this.#docker.getContainer(id).inspect()));
    return all.map(({ Id, Name, State, HostConfig }) => {
      refuseForeignNamespace(Name.slice(1), HostConfig.NetworkMode);
      return `${Id}@${State.StartedAt}`;
    });
  }

  /** '' = there is none. */
  async controllerLog(): Promise<string> {
    const [controller] = await this.#own('controller');
    return controller === undefined ? '' : logText(this.#docker.getContainer(controller)).catch(() => '');
  }

  /** The controller first, so that it attaches no other proxy. The containers that have joined are not ours to stop. */
  async removeContainers(): Promise<void> {
    for (const role of ['controller', 'gateway', 'agent'])
      await Promise.all((await this.#own(role)).map((id) => this.#removeContainer(id)));
  }

  async remove(): Promise<void> {
    await this.removeContainers();
    await this.#docker.getVolume(this.volume).remove().catch(ignoreMissing);
    await this.network?.stop().catch(() => {
      process.stderr.write(
        `lateen: the network ${this.network?.getName()} stays: stop its containers before the mesh\n`,
      );
    });
    this.network = null;
  }

  async #own(role: string): Promise<string[]> {
    const label = [`${LABEL.mesh}=${this.id}`, `${LABEL.role}=${role}`];
    const found = await this.#docker.listContainers({ all: true, filters: { label } });
    return found.map(({ Id }) => Id);
  }

  /** An agent whose application has just ended is being removed already. */
  async #removeContainer(id: string): Promise<void> {
    const container = this.#docker.getContainer(id);
    await container.remove({ force: true, v: true }).catch(async (error: unknown) => {
      if (statusOf(error) === 409) await container.wait({ condition: 'removed' }).catch(ignoreMissing);
      else ignoreMissing(error);
    });
  }
}

/** The end of a container's log. Both of its streams come in frames, each behind eight bytes. */
export async function logText(container: Docker.Container): Promise<string> {
  const log = await container.logs({ stdout: true, stderr: true, tail: 20 });
  const text = log.toString('latin1').replace(/[\0-\x02]\0{3}[\s\S]{4}/g, '');
  return Buffer.from(text, 'latin1').toString().trim();
}

const statusOf = (error: unknown) => (error as { statusCode?: number }).statusCode;

function ignoreMissing(error: unknown): void {
  if (statusOf(error) !== 404) throw error;
}
