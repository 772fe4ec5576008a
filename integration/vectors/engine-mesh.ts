import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { EchoArrival, EchoErrand, EchoOutcome } from '../app/echo.ts';
import { ADMIN_TOKEN, type SyncStatus } from '../fixture/admin.ts';
import { docker } from '../fixture/docker.ts';
import { eventually } from '../fixture/eventually.ts';
import { type Mesh, startMesh } from '../fixture/mesh.ts';
import { APPLICATIONS, composeName, composeServices, PROXIES } from './containers.ts';
import type { LogLine } from './documents.ts';

const FILE = 'scenario.yaml';
const DRIVER_PORT = 7070;
const ADMIN_PORT = 15014;
/** So that the controller tells its state to the host, which is quicker than the Docker API. */

/** One line of a proxy's access log. */
export interface LoggedHop extends LogLine {
  readonly proxy: string;
}

/** A request as an application saw it. */
export interface SeenArrival extends EchoArrival {
  readonly workload: string;
}

/** The containers of all scenarios, driven from the host. */
export class EngineMesh implements AsyncDisposable {
  readonly #mesh: Mesh;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #http = new Agent({ keepAlive: true });
  readonly #followers: ChildProcess[] = [];
  #hops: LoggedHop[] = [];

  private constructor(mesh: Mesh, addresses: ReadonlyMap<string, string>) {
    this.#mesh = mesh;
    this.#addresses = addresses;
  }

  static async start(): Promise<EngineMesh> {
    const mesh = await startMesh({ name: 'vectors', services: composeServices() });
    try {
      // Each sidecar, the gateway of the scenarios, and the one that every mesh has.
      const count = PROXIES.length + 1;
      await mesh.settled(({ proxies }) => proxies.length === count, 60_000);
      const containers = await runningContainers(mesh.project);
      const engine = new EngineMesh(mesh, containers.addresses);
      for (const [proxy, id] of containers.proxies) engine.#follow(proxy, id);
      return engine;
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
  }

  addressOf(name: string): string {
    return this.#addresses.get(name) ?? '';
  }

  /** `workload:port`, else as it is. */
  nameOf(key: string): string {
    const [address, port] = key.split(':');
    for (const [name, each] of this.#addresses) if (each === address) return `${name}:${port}`;
    return key;
  }

  /** Puts a scenario's documents in the place of the last one's, and waits until they are in force. */
  async apply(yaml: string): Promise<void> {
    await this.#mesh.write(FILE, yaml);
    const hash = createHash('sha256').update(yaml).digest('hex');
    await eventually('the scenario is in force', async () => {
      const status = JSON.parse(await this.#ask('lateen-controller', ADMIN_PORT, 'GET', '/debug/syncz'));
      const { files, isSettled } = status as SyncStatus;
      return files[FILE] === hash && isSettled ? true : undefined;
    });
  }

  async call(workload: string, errand: EchoErrand): Promise<EchoOutcome[]> {
    const text = await this.#ask(workload, DRIVER_PORT, 'POST', '/', JSON.stringify(errand));
    return JSON.parse(text) as EchoOutcome[];
  }

  /** What arrived and was logged since the last time. */
  async takeSeen(): Promise<{ arrivals: SeenArrival[]; hops: LoggedHop[] }> {
    const arrivals = await Promise.all(
      APPLICATIONS.map(async (workload) => {
        const text = await this.#ask(workload, DRIVER_PORT, 'DELETE', '/');
        return (JSON.parse(text) as EchoArrival[]).map((arrival) => ({ ...arrival, workload }));
      }),
    );
    const hops = this.#hops;
    this.#hops = [];
    return { arrivals: arrivals.flat(), hops };
  }

  #follow(proxy: string, containerId: string): void {
    const child = spawn('docker', ['logs', '-f', '--tail', '0', containerId], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#followers.push(child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"hopStart"')) return;
      const hop = { proxy, ...(JSON.parse(line) as LogLine) };
      // A line about a TCP connection has no path: the recordings have none of them.
      if (hop.path !== null) this.#hops.push(hop);
    });
  }

  #ask(name: string, port: number, method: string, path: string, body = ''): Promise<string> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const options = { host: this.addressOf(name), port, method, path, headers, agent: this.#http };
    return new Promise((resolve, reject) => {
      const outgoing = request(options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#followers) child.kill();
    this.#http.destroy();
    await this.#mesh[Symbol.asyncDispose]();
  }
}

interface Inspected {
  readonly Id: string;
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
  };
}

/** Workload → address, and proxy → the container whose log is the proxy's. */
async function runningContainers(project: string) {
  const ids = await docker([
    'ps',
    '-q',
    '--no-trunc',
    '--filter',
    `label=com.docker.compose.project=${project}`,
  ]);
  const all = JSON.parse(await docker(['inspect', ...ids.split('\n')])) as Inspected[];
  const names = new Map([...APPLICATIONS, ...PROXIES].map((name) => [composeName(name), name]));
  const addresses = new Map<string, string>();
  const owners = new Map<string, string>();
  const isAgent = ({ Config }: Inspected) => Config.Labels['lateen.agent-for'] !== undefined;
  for (const { Id, Config, NetworkSettings } of all.filter((each) => !isAgent(each))) {
    const service = Config.Labels['com.docker.compose.service'] ?? '';
    const name = names.get(service) ?? service;
    addresses.set(name, Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '');
    owners.set(Id, name);
  }
  const proxies = all.flatMap((each): [string, string][] => {
    const name = owners.get(each.Config.Labels['lateen.agent-for'] ?? each.Id);
    return name !== undefined && (isAgent(each) || name === 'gate') ? [[name, each.Id]] : [];
  });
  return { addresses, proxies };
}
