import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StartedNetwork, StartedTestContainer } from 'testcontainers';
import type { ViolationView } from '../model/console.ts';
import { LABEL, type Labels } from '../model/labels.ts';
import { PORT } from '../model/ports.ts';
import type { TestApplied, TestRequest, TestRequests } from '../model/test-mesh.ts';
import {
  afterStart,
  afterUp,
  isEnvironment,
  type JoinableContainer,
  type JoinableEnvironment,
  type JoinOptions,
  joinLabels,
  networkModeOf,
  refuseForeignNamespace,
} from './joinable.ts';
import type { MeshApi } from './mesh-api.ts';
import { meshError } from './mesh-error.ts';
import type { MeshParts } from './mesh-parts.ts';

/** Before Node 20.4 `Symbol.asyncDispose` is not there: `restore()` and `stop()` do the same. */
const ASYNC_DISPOSE: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** Documents that are in force at every proxy until they are taken back. */
export interface AppliedYaml extends AsyncDisposable {
  /** Warnings about them, with file, line, field and remedy. */
  readonly warnings: readonly ViolationView[];
  /** What was in force before is so again, at every proxy. A second time does nothing. */
  restore(): Promise<void>;
}

export interface RequestFilter {
  /** `reviews`, `reviews.default` or a hostname: the service, or the container that was called. */
  readonly to?: string;
  /** The app or container that called; for a gateway `istio-ingressgateway`. */
  readonly from?: string;
  /** A mark, or a time by the engine's clock. */
  readonly since?: RequestMark | Date;
  /**
   * Whose word (Istio's `reporter`). Default: each request once, by its caller's proxy where that has one, else by the
   * callee's. `destination` shows every attempt that reached a container.
   */
  readonly reporter?: 'source' | 'destination';
}

/** A moment between two requests. */
export interface RequestMark {
  readonly mark: number;
}

export type MeshRequest = TestRequest;

export interface StartedMeshParts {
  readonly parts: MeshParts;
  readonly api: MeshApi;
  readonly network: StartedNetwork;
  readonly controller: StartedTestContainer;
  readonly gateway: StartedTestContainer | null;
}

/** A mesh that runs. Stop its containers before it. */
export class StartedLateenMesh implements AsyncDisposable {
  readonly #parts: MeshParts;
  readonly #api: MeshApi;
  readonly #controller: StartedTestContainer;
  readonly #gateway: StartedTestContainer | null;
  /** Where containers that have joined reach one another. */
  readonly network: StartedNetwork;
  #hasEnvironment = false;

  /** @internal */
  constructor({ parts, api, network, controller, gateway }: StartedMeshParts) {
    this.#parts = parts;
    this.#api = api;
    this.network = network;
    this.#controller = controller;
    this.#gateway = gateway;
  }

  /** Unique: any number of meshes may run beside one another. */
  get id(): string {
    return this.#parts.id;
  }

  /** By these a container joins, whoever starts it; then wait for `ready()`. */
  get labels(): Labels {
    return { [LABEL.mesh]: this.id, [LABEL.inject]: 'true' };
  }

  /**
   * Lets a container, or what a compose file starts, join: its `start()`, `restart()` or `up()` ends when its proxy is in
   * force and every other knows it. Services of a compose file need their label `lateen.inject: "true"` as always.
   */
  join<T extends JoinableContainer | JoinableEnvironment>(some: T, options: JoinOptions = {}): T {
    if (isEnvironment(some)) this.#joinEnvironment(some);
    else {
      some.withLabels(joinLabels(this.labels, options));
      const mode = networkModeOf(some);
      refuseForeignNamespace(options.app ?? 'the container', mode);
      if (mode === undefined) some.withNetworkMode(this.network.getName());
      afterStart(some, (id) => this.#serves([id]));
    }
    return some;
  }

  /** The compose project has the mesh's name: that is how its services belong to it. */
  #joinEnvironment(environment: JoinableEnvironment): void {
    if (this.#hasEnvironment)
      throw meshError(
        'a mesh takes one compose environment',
        'Give the services of another the label `lateen.mesh`, with mesh.id.',
      );
    this.#hasEnvironment = true;
    environment.withProjectName(this.id);
    environment.withEnvironment({ LATEEN_MESH: this.id, LATEEN_NETWORK: this.network.getName() });
    afterUp(environment, () => this.ready());
  }

  /** Everything that has joined so far has a proxy in force, and serves. */
  async ready(): Promise<void> {
    await this.#serves(await this.#parts.joined());
  }

  async #serves(ids: readonly string[]): Promise<void> {
    await this.#api.get('/v1/settled', { container: await this.#parts.startsOf(ids) });
  }

  /**
   * Istio's documents, as YAML or the path of a file: in force at every proxy when it resolves. A document of the same
   * kind and name that was there before is replaced until `restore()`.
   * @throws MeshError with every violation where something is wrong with them; nothing has changed then
   */
  async apply(yamlOrFile: string): Promise<AppliedYaml> {
    const isFile = !yamlOrFile.includes('\n') && /\.(ya?ml|json)$/.test(yamlOrFile);
    const yaml = isFile ? await readFile(yamlOrFile, 'utf8').catch(unreadable) : yamlOrFile;
    const name = isFile ? basename(yamlOrFile) : undefined;
    const { id, violations } = await this.#api.post<TestApplied>('/v1/apply', { name }, yaml);
    let restoring: Promise<void> | null = null;
    const restore = () => {
      restoring ??= this.#restore(id);
      return restoring;
    };
    return { warnings: violations, restore, [ASYNC_DISPOSE]: restore };
  }

  async #restore(id: number): Promise<void> {
    if (this.#parts.network === null) return;
    await this.#api.post('/v1/restore', { id });
  }

  /** All that was applied and not taken back. */
  async restoreAll(): Promise<void> {
    await this.#restore(0);
  }

  /**
   * Requests that were over when it was asked, in the order of their starts: none is missing.
   * @throws MeshError where a proxy did not answer, or more was seen than is kept (100,000)
   */
  async requests(filter: RequestFilter = {}): Promise<MeshRequest[]> {
    const { to, from, since, reporter } = filter;
    const { requests, problem } = await this.#api.get<TestRequests>('/v1/requests', {
      ...{ to, from, reporter },
      ...(since instanceof Date ? { since: since.getTime() } : { after: since?.mark }),
    });
    if (problem !== '')
      throw meshError(
        problem,
        'Does every container of the mesh still run? Ask for the requests since a later mark.',
      );
    return [...requests];
  }

  /** For `requests({ since })`: those that come after it. */
  async mark(): Promise<RequestMark> {
    const { mark } = await this.#api.get<TestRequests>('/v1/requests', { after: Number.MAX_SAFE_INTEGER });
    return { mark };
  }

  /** Where the ingress gateway answers from outside: `http://localhost:32768`. By default its port 8080. */
  gatewayUrl(port = 8080): string {
    const gateway = this.#gateway;
    if (gateway === null)
      throw meshError('this mesh has no gateway', 'Start it with `new LateenMesh().withGateway()`.');
    const scheme = port === 443 || port === 8443 ? 'https' : 'http';
    return `${scheme}://${gateway.getHost()}:${gateway.getMappedPort(port)}`;
  }

  /** Where the console is, for a look in the middle of a test. */
  consoleUrl(): string {
    return `http://${this.#controller.getHost()}:${this.#controller.getMappedPort(PORT.console)}`;
  }

  /** Nothing of the mesh is left. The containers that have joined are to be stopped before. */
  async stop(): Promise<void> {
    await this.#parts.remove();
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.stop();
  }
}

function unreadable(cause: Error): never {
  throw meshError(cause.message, 'Give the path of a file of YAML, or the YAML itself.', cause);
}
