import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { createDockerReader, type DockerReader } from '../../docker/docker-reader.ts';

/** One container as the fake daemon keeps it. */
export interface FakeContainer {
  state: 'created' | 'running' | 'exited';
  startedAt: string;
  health?: string;
  /** '' = on no network, of which Podman says null. */
  address: string;
  error?: string;
}

/** The four endpoints of Docker's API that the source reads, on a Unix socket; tests play the events. */
export class FakeDaemon implements AsyncDisposable {
  readonly containers = new Map<string, FakeContainer>();
  /** Answers wait until it is resolved: an answer can be overtaken by an event. */
  holdInspect: Promise<void> = Promise.resolve();
  isAway = false;
  isSilent = false;
  readonly requests: string[] = [];
  readonly #streams = new Set<ServerResponse>();
  readonly #folder: string;
  readonly #server = createServer((request, response) => {
    void this.#answer(request.url ?? '', response);
  });

  constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(await mkdtemp(join(tmpdir(), 'lateen-daemon-')));
    await new Promise<void>((resolve) => daemon.#server.listen(daemon.socketPath, resolve));
    return daemon;
  }

  get socketPath(): string {
    return join(this.#folder, 'docker.sock');
  }

  get docker(): DockerReader {
    return createDockerReader(new Docker({ socketPath: this.socketPath }));
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  run(id: string, change: Partial<FakeContainer> = {}): void {
    this.containers.set(id, { state: 'running', startedAt: '1', address: '10.0.0.1', ...change });
  }

  emit(Action: string, ID: string, attributes: Readonly<Record<string, string>> = {}): void {
    this.write(`${JSON.stringify({ Type: 'container', Action, Actor: { ID, Attributes: attributes } })}\n`);
  }

  write(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  cutStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    this.requests.push(url);
    if (this.isAway) response.destroy();
    if (this.isAway || this.isSilent) return;
    if (url.startsWith('/events')) {
      response.writeHead(200).flushHeaders();
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    if (url.startsWith('/containers/json')) {
      response.end(JSON.stringify([...this.containers].map(([id, container]) => listed(id, container))));
      return;
    }
    const id = /^\/containers\/(.+)\/json/.exec(url)?.[1] ?? '';
    const container = this.containers.get(id);
    const text = container === undefined ? '{"message":"No such container"}' : inspected(id, container);
    const status = container === undefined ? 404 : 200;
    await this.holdInspect;
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#folder, { recursive: true });
  }
}

const networks = ({ address, startedAt }: FakeContainer) =>
  address === ''
    ? null
    : { net: { NetworkID: 'n1', EndpointID: startedAt, IPAddress: address, GlobalIPv6Address: '' } };

function listed(Id: string, container: FakeContainer) {
  const health = container.health === undefined ? '' : ` (${container.health})`;
  const Status = `Up 3 seconds${health}`;
  return { Id, State: container.state, Status, NetworkSettings: { Networks: networks(container) } };
}

function inspected(Id: string, container: FakeContainer): string {
  const { state, health, startedAt, error = '' } = container;
  return JSON.stringify({
    ...{ Id, Name: `/${Id}`, Image: 'image' },
    Config: { Labels: {} },
    HostConfig: { NetworkMode: 'net' },
    State: {
      ...{ Status: state, Running: state === 'running', Paused: false, StartedAt: startedAt, Error: error },
      ...(health === undefined ? {} : { Health: { Status: health } }),
    },
    NetworkSettings: { Networks: networks(container) },
  });
}
