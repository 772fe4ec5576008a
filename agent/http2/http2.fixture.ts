import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { createDataplane } from '../create-dataplane.ts';
import type { Dataplane } from '../dataplane.ts';
import { clusterSpec, endpointSpec, nodeSpec, routeSpec, snapshotOf, textLog } from '../snapshot.fixture.ts';

/** Callers and applications of either protocol by Node's own modules, and a data plane to put between them. */

const servers: Server[] = [];
const dataplanes: Dataplane[] = [];
export const sessions = new Set<{ destroy(): void }>();
after(async () => {
  for (const session of sessions) session.destroy();
  await Promise.all(dataplanes.map((dataplane) => dataplane.drain(0)));
  for (const server of servers) server.close();
});

export const listen = (server: Server): Promise<number> => {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
};

/** A data plane behind a socket that stands in for the capture. */
export async function start(snapshot: Snapshot) {
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  dataplanes.push(dataplane);
  await dataplane.apply(snapshot);
  const captured = {
    ...{ direction: 'outbound' as const, originalDestination: { address: '240.240.0.5', port: 9080 } },
  };
  const port = await listen(
    createServer({ pauseOnConnect: true }, (socket) => dataplane.accept(socket, captured)),
  );
  return { dataplane, port, lines };
}

export const toReviews = (
  port: number,
  protocol: ClusterSpec['protocol'],
  change: Partial<ClusterSpec> = {},
  format = '%PROTOCOL% %RESPONSE_FLAGS%',
) =>
  snapshotOf({
    node: nodeSpec({ accessLogs: textLog(format) }),
    routes: [routeSpec(['reviews'])],
    clusters: [[clusterSpec('reviews', { protocol, ...change }), [endpointSpec(port)]]],
  });

export const http1Backend = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  listen(createHttpServer(handle) as unknown as Server);

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export async function http2Backend(onStream: OnStream, settings = {}) {
  const server: Http2Server = createHttp2Server({ settings });
  const connections: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.add(session);
    connections.push(session);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    // What a test resets on purpose ends here.
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  return { port: await listen(server as unknown as Server), connections };
}

export function http2Client(port: number): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  sessions.add(client);
  return client;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export function call(
  client: ClientHttp2Session,
  headers: object = {},
  body: Buffer | string = '',
  trailers?: object,
) {
  return new Promise<Answer>((resolve, reject) => {
    const hasBody = body.length > 0 || trailers !== undefined;
    const stream = client.request(
      { ':path': '/', ':authority': 'reviews:9080', ...(hasBody ? { ':method': 'POST' } : {}), ...headers },
      { endStream: !hasBody, waitForTrailers: trailers !== undefined },
    );
    const answer = { status: 0, headers: {}, trailers: {} };
    const chunks: Buffer[] = [];
    stream.on('response', (got) => {
      answer.status = Number(got[':status']);
      answer.headers = got;
    });
    stream.on('trailers', (got) => (answer.trailers = got));
    stream.on('wantTrailers', () => stream.sendTrailers(trailers as never));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve({ ...answer, body: Buffer.concat(chunks) }));
    if (hasBody) stream.end(body);
  });
}

export function callHttp1(port: number, options: object = {}, body: Buffer | string = '') {
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: string; trailers: object }>(
    (resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', agent: false, ...options }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode, headers, trailers } = response;
          resolve({ status: statusCode ?? 0, headers, trailers, body: text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    },
  );
}

/** Resolves once `isTrue`; the test's own time limit is the only clock. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
