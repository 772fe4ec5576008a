import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import {
  GenericContainer,
  getContainerRuntimeClient,
  getReaper,
  LABEL_TESTCONTAINERS_SESSION_ID,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { meshPackage } from '../cli/mesh-package.ts';
import { CONTROL_DIRECTORY } from '../model/agent-container.ts';
import { LABEL } from '../model/labels.ts';
import { PORT } from '../model/ports.ts';
import type { TestSettled } from '../model/test-mesh.ts';
import { createMeshApi } from './mesh-api.ts';
import { MeshError, meshError } from './mesh-error.ts';
import { ensureMeshImage } from './mesh-image.ts';
import { MeshParts } from './mesh-parts.ts';
import { StartedLateenMesh } from './started-mesh.ts';

const CONFIG_DIRECTORIES = ['/etc/lateen/mesh', '/etc/lateen/secrets', '/etc/lateen/cacerts'];
/** Told when everything can be asked. */
const READY_LINE = /the test mesh is ready/;
const DEFAULT_GATEWAY_PORTS = [8080, 8443];

export interface GatewayOptions {
  /** Ports that Gateways may have; each is published on a free one. Default 8080 and 8443. */
  readonly ports?: readonly number[];
  /** Instead of `app: istio-ingressgateway, istio: ingressgateway`. */
  readonly labels?: Readonly<Record<string, string>>;
}

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

  /** @throws MeshError where the folder or one of its documents is wrong; nothing is left behind then. */
  async start(): Promise<StartedLateenMesh> {
    if (this.#config !== null) await checkFolder(this.#config);
    const runtime = await getContainerRuntimeClient();
    const image = this.#image ?? meshPackage().image;
    await ensureMeshImage(runtime, image);
    const id = `lateen-test-${randomBytes(5).toString('hex')}`;
    const parts = new MeshParts(runtime.container.dockerode, id);
    try {
      return await this.#startParts(parts, image, runtime.info.containerRuntime.remoteSocketPath, runtime);
    } catch (error) {
      const said = await parts.lastWords();
      await parts.remove();
      if (error instanceof MeshError) throw error;
      throw meshError('the mesh did not start', `Its controller said:\n${said}`, error);
    }
  }

  async #startParts(
    parts: MeshParts,
    image: string,
    socket: string,
    runtime: Awaited<ReturnType<typeof getContainerRuntimeClient>>,
  ): Promise<StartedLateenMesh> {
    const { sessionId } = await getReaper(runtime);
    const labels = { [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId, [LABEL.mesh]: parts.id };
    const [network] = await Promise.all([new Network().start(), parts.createVolume(labels)]);
    parts.network = network;
    const token = randomBytes(16).toString('hex');
    const [controller, gateway] = await Promise.all([
      this.#startController(parts, image, socket, token, network),
      this.#gateway === null ? null : startGateway(parts, image, network, this.#gateway),
    ]);
    const base = `http://${controller.getHost()}:${controller.getMappedPort(PORT.testMesh)}`;
    const api = createMeshApi(base, token);
    const settled = await api.get<TestSettled>('/v1/settled', {
      container: gateway === null ? [] : [gateway.getId()],
    });
    const [first] = settled.violations;
    if (first !== undefined)
      throw new MeshError({ error: first.message, remedy: first.remedy, violations: settled.violations });
    return new StartedLateenMesh({ parts, api, network, controller, gateway });
  }

  #startController(
    parts: MeshParts,
    image: string,
    socket: string,
    token: string,
    network: StartedNetwork,
  ): Promise<StartedTestContainer> {
    const source = this.#config;
    const container = new GenericContainer(image)
      .withCommand(['controller'])
      .withLabels({ [LABEL.role]: 'controller', [LABEL.mesh]: parts.id })
      .withEnvironment({
        LATEEN_MESH: parts.id,
        LATEEN_TEST_MESH: '1',
        LATEEN_ADMIN_TOKEN: token,
        ...this.#environment,
      })
      .withBindMounts([
        { source: socket, target: '/var/run/docker.sock', mode: 'rw' },
        { source: parts.volume, target: CONTROL_DIRECTORY, mode: 'rw' },
      ])
      .withTmpFs({ '/run/lateen-admin': 'mode=0700', '/var/lib/lateen': 'mode=0700' })
      .withDroppedCapabilities('ALL')
      // Files of the folder that only their owner may read.
      .withAddedCapabilities('DAC_OVERRIDE')
      .withNetwork(network)
      .withExposedPorts(PORT.testMesh, PORT.console)
      .withWaitStrategy(Wait.forLogMessage(READY_LINE));
    if (source !== null)
      container.withCopyDirectoriesToContainer(CONFIG_DIRECTORIES.map((target) => ({ source, target })));
    return container.start();
  }
}

function startGateway(
  parts: MeshParts,
  image: string,
  network: StartedNetwork,
  { ports = DEFAULT_GATEWAY_PORTS, labels }: GatewayOptions,
): Promise<StartedTestContainer> {
  return new GenericContainer(image)
    .withCommand(['gateway'])
    .withLabels({
      [LABEL.role]: 'gateway',
      [LABEL.mesh]: parts.id,
      [LABEL.namespace]: 'istio-system',
      ...(labels ?? { app: 'istio-ingressgateway', istio: 'ingressgateway' }),
    })
    .withBindMounts([{ source: parts.volume, target: CONTROL_DIRECTORY, mode: 'ro' }])
    .withTmpFs({ '/run/lateen': 'mode=1777' })
    .withUser('1337:1337')
    .withDroppedCapabilities('ALL')
    .withNetwork(network)
    .withExposedPorts(...ports)
    .withWaitStrategy(Wait.forLogMessage(/ ready /))
    .start();
}

async function checkFolder(folder: string): Promise<void> {
  const facts = await stat(folder).catch(() => null);
  if (facts?.isDirectory() === true) return;
  throw meshError(`the config ${folder} is no folder`, 'Write the path of a folder with Istio’s documents.');
}
