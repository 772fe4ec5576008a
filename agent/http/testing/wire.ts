import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type Clock, createSystemClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/log.ts';
import { createSeededRandom } from '../../../base/random.ts';
import type { NodeSpec } from '../../../model/node.ts';
import type { Snapshot } from '../../../model/snapshot.ts';
import { createDataplane } from '../../create-dataplane.ts';
import type { Dataplane } from '../../dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
  textLog,
} from '../../snapshot.fixture.ts';

/** Real sockets on both sides of the data plane, and bytes as they are on the wire. */

function listen(context: TestContext, server: Server): Promise<number> {
  context.after(() => server.close());
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

/** One end of a connection, and everything that it has heard. */
export class Wire {
  readonly socket: Socket;
  text = '';
  isEnded = false;
  isClosed = false;
  error: Error | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.latin1Slice();
      this.#wake();
    });
    socket.on('end', () => {
      this.isEnded = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** What came up to and with `pattern` is taken out and given. */
  async hear(pattern: RegExp): Promise<string> {
    await this.#until(() => pattern.test(this.text), String(pattern));
    const match = pattern.exec(this.text) as RegExpExecArray;
    const heard = this.text.slice(0, match.index + match[0].length);
    this.text = this.text.slice(heard.length);
    return heard;
  }

  /** Everything up to the other side's end. */
  async hearEnd(): Promise<string> {
    await this.#until(() => this.isEnded || this.isClosed, 'the end');
    return this.text;
  }

  closed(): Promise<void> {
    return this.#until(() => this.isClosed, 'the close');
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    while (!isSo()) {
      if (this.isClosed) throw new Error(`closed before ${what}, after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** A host whose connections the test plays by hand, in the order in which they come. */
export interface PlayedHost {
  readonly port: number;
  readonly connections: Wire[];
  /** The n-th connection, as soon as it is there. */
  connection(index: number): Promise<Wire>;
}

export async function playHost(
  context: TestContext,
  onConnection?: (wire: Wire) => void,
): Promise<PlayedHost> {
  const connections: Wire[] = [];
  const waiting = new Set<() => void>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    context.after(() => socket.destroy());
    const wire = new Wire(socket);
    connections.push(wire);
    onConnection?.(wire);
    for (const wake of waiting) wake();
    waiting.clear();
  });
  return {
    port: await listen(context, server),
    connections,
    async connection(index) {
      while (connections.length <= index) await new Promise<void>((resolve) => waiting.add(resolve));
      return connections[index] as Wire;
    },
  };
}

export interface PlayedProxy {
  readonly dataplane: Dataplane;
  /** Lines of the access log: status, flags and details. */
  readonly log: string[];
  call(): Wire;
}

export const toHost = (port: number, node: Partial<NodeSpec> = {}): Snapshot =>
  snapshotOf({
    node: nodeSpec({
      accessLogs: textLog('%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%'),
      ...node,
    }),
    routes: [routeSpec(['reviews'])],
    clusters: [[clusterSpec('reviews'), [endpointSpec(port)]]],
  });

/** A data plane whose callers the test plays by hand. */
export async function playProxy(
  context: TestContext,
  snapshot: Snapshot,
  clock: Clock = createSystemClock(),
): Promise<PlayedProxy> {
  const log: string[] = [];
  const dataplane = createDataplane({
    ...{ clock, random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => log.push(line.trim()),
  });
  context.after(() => dataplane.drain(0));
  await dataplane.apply(snapshot);
  const captured = {
    direction: 'outbound',
    originalDestination: { address: '240.240.0.5', port: 9080 },
  } as const;
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
    dataplane.accept(socket, captured),
  );
  const port = await listen(context, server);
  return {
    dataplane,
    log,
    call() {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      context.after(() => socket.destroy());
      return new Wire(socket);
    },
  };
}

/** A caller and a host with a proxy between them; `onConnection` is as for {@link playHost}. */
export async function playWay(
  context: TestContext,
  onConnection?: (wire: Wire) => void,
  node: Partial<NodeSpec> = {},
): Promise<{ readonly host: PlayedHost; readonly proxy: PlayedProxy; readonly caller: Wire }> {
  const host = await playHost(context, onConnection);
  const proxy = await playProxy(context, toHost(host.port, node));
  return { host, proxy, caller: proxy.call() };
}
