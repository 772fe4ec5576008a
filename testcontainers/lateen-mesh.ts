import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import {
  getContainerRuntimeClient,
  getReaper,
  LABEL_TESTCONTAINERS_SESSION_ID,
  Network,
  type StartedTestContainer,
} from 'testcontainers';
import { meshPackage } from '../cli/mesh-package.ts';
import { LABEL } from '../model/labels.ts';
import { PORT } from '../model/ports.ts';
import type { TestSettled } from '../model/test-mesh.ts';
import { createMeshApi } from './mesh-api.ts';
import {
  type ContainerSetting,
  controllerContainer,
  type GatewayOptions,
  gatewayContainer,
} from './mesh-containers.ts';
import { MeshError, meshError } from './mesh-error.ts';
import { ensureMeshImage } from './mesh-image.ts';
import { MeshParts } from './mesh-parts.ts';
import { StartedLateenMesh } from './started-mesh.ts';

type Runtime = Awaited<ReturnType<typeof getContainerRuntimeClient>>;
type Started = readonly [controller: StartedTestContainer, gateway: StartedTestContainer | null];

/** A mesh for one test file, or for one test. Any number of them may run at once. */
export class LateenMesh {
  #config: string | null = null;
  #gateway: GatewayOptions | null = null;
  #image: string | null = null;
  #environment: Readonly<Record<string, string>> = {};

  /** The folder of Istio's documents that the mesh begins with, as `./mesh` of a project. It is copied. */
  withConfig(folder: string): this {
    this.#config = folder;
    return this;
  }

  /** With an ingress gateway, for `gatewayUrl()`. It takes about half a second more. */
  withGateway(options: GatewayOptions = {}): this {
    this.#gateway = options;
    return this;
  }

  /** Default: `LATEEN_IMAGE`, else that of this package's version, which is built if it is not there. */
  withImage(image: string): this {
    this.#image = image;
    return this;
  }

  /** Variables of the controller, such as LATEEN_LOG_LEVEL. */
  withEnvironment(environment: Readonly<Record<string, string>>): this {
    this.#environment = { ...this.#environment, ...environment };
    return this;
  }

  /** @throws MeshError where it cannot be, e.g. one of its documents is wrong; nothing is left behind then. */
  async start(): Promise<StartedLateenMesh> {
    if (this.#config !== null) await checkFolder(this.#config);
    const runtime = await getContainerRuntimeClient().catch(noDocker);
    const image = this.#image ?? meshPackage().image;
    await ensureMeshImage(runtime, image);
    const id = `lateen-test-${randomBytes(5).toString('hex')}`;
    const parts = new MeshParts(runtime.container.dockerode, id);
    let log = '';
    const onFailed = (said: string) => {
      log ||= said;
    };
    try {
      return await this.#startParts(parts, image, runtime, onFailed);
    } catch (error) {
      log ||= await parts.controllerLog();
      await parts.remove();
      throw error instanceof MeshError ? error : didNotStart(error, log);
    }
  }

  async #startParts(
    parts: MeshParts,
    image: string,
    runtime: Runtime,
    onFailed: ContainerSetting['onFailed'],
  ): Promise<StartedLateenMesh> {
    const { sessionId } = await getReaper(runtime);
    const network = await new Network().start();
    parts.network = network;
    await parts.createVolume({ [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId, [LABEL.mesh]: parts.id });
    const token = randomBytes(16).toString('hex');
    const socket = runtime.info.containerRuntime.remoteSocketPath;
    const setting = { image, meshId: parts.id, volume: parts.volume, network, onFailed };
    const [controller, gateway] = await this.#startContainers(parts, setting, socket, token);
    const api = createMeshApi(
      `http://${controller.getHost()}:${controller.getMappedPort(PORT.testMesh)}`,
      token,
    );
    const settled = await api.get<TestSettled>('/v1/settled', {
      container: gateway === null ? [] : [gateway.getId()],
    });
    const [first] = settled.violations;
    if (first !== undefined)
      throw new MeshError({ error: first.message, remedy: first.remedy, violations: settled.violations });
    return new StartedLateenMesh({ parts, api, network, controller, gateway });
  }

  /** Where one fails the other is given up at once, and has ended before this has: it cannot come into being later. */
  async #startContainers(
    parts: MeshParts,
    setting: ContainerSetting,
    socket: string,
    token: string,
  ): Promise<Started> {
    const [config, environment] = [this.#config, this.#environment];
    const starting = [
      controllerContainer(setting, { config, environment, socket, token }).start(),
      this.#gateway === null ? null : gatewayContainer(setting, this.#gateway).start(),
    ] as const;
    try {
      return await Promise.all(starting);
    } catch (error) {
      await parts.removeContainers();
      await Promise.allSettled(starting);
      throw error;
    }
  }
}

function noDocker(cause: unknown): never {
  throw meshError(
    'no Docker engine answers',
    'Start Docker, or set DOCKER_HOST to where its socket is; `npx lateen doctor` says what is missing.',
    cause,
  );
}

/** What the container said is more than what testcontainers saw of it. */
function didNotStart(error: unknown, log: string): MeshError {
  const said = log === '' ? '' : ` It said:\n${log}`;
  return meshError(
    `the mesh did not start (${error instanceof Error ? error.message : error})`,
    `Look at what its container said, and at what was given by withEnvironment() and withConfig().${said}`,
    error,
  );
}

async function checkFolder(folder: string): Promise<void> {
  const facts = await stat(folder).catch(() => null);
  if (facts?.isDirectory() === true) return;
  throw meshError(`the config ${folder} is no folder`, 'Write the path of a folder with Istio’s documents.');
}
