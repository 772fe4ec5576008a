import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { after, describe, test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { ProtobufWriter } from '../../base/protobuf.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { AuthorizationSpec, ExternalAuthorizerSpec } from '../../model/authorization.ts';
import { createDataplane } from '../create-dataplane.ts';
import type { Dataplane } from '../dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  snapshotOf,
  textLog,
} from '../snapshot.fixture.ts';

/** CUSTOM on a port that carries no HTTP, with a server that speaks first. */

const servers: { close(): void }[] = [];
const dataplanes: Dataplane[] = [];
after(async () => {
  await Promise.all(dataplanes.map((dataplane) => dataplane.drain(0)));
  for (const server of servers) server.close();
});

async function portOf(server: Server | ReturnType<typeof createHttp2Server>): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Answers every question by this status; says what it was asked. */
async function door(status: number, asked: string[] = []): Promise<number> {
  const server = createHttp2Server();
  server.on('stream', async (stream: ServerHttp2Stream, headers) => {
    asked.push(String(headers[':path']), Buffer.concat(await stream.toArray()).latin1Slice());
    const answer = new ProtobufWriter().message(1, (inner) => inner.integer(1, status)).finish();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, answer.length]), answer]));
  });
  return portOf(server);
}

const AUTHORIZER: ExternalAuthorizerSpec = {
  ...{ name: 'door', protocol: 'grpc', cluster: 'door', body: null, pathPrefix: '', timeoutMs: 1000 },
  ...{ failOpen: false, statusOnError: 403, clearsRoute: false, includeHeaders: [], addHeaders: [] },
  ...{ headersToUpstreamOnAllow: [], headersToDownstreamOnAllow: [], headersToDownstreamOnDeny: [] },
};

/** What a caller hears, how often the server was connected to, and the access log. */
async function call(doorPort: number, provider: ExternalAuthorizerSpec | null) {
  let connections = 0;
  const greeter = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {}).end('greeting');
  });
  const policy: AuthorizationSpec = {
    ...{ name: 'default/ask', action: 'CUSTOM', isDryRun: false, provider },
    rules: [{ from: [], to: [], when: [] }],
  };
  const match = { sniHosts: [], destinationSubnets: [] };
  const tcp = [{ match, clusters: [{ name: 'db', weight: 1 }], idleTimeoutMs: 0, statPrefix: 'db' }];
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  dataplanes.push(dataplane);
  const format = '%RESPONSE_FLAGS% %CONNECTION_TERMINATION_DETAILS%\n';
  await dataplane.apply(
    snapshotOf({
      node: nodeSpec({ accessLogs: textLog(format) }),
      listeners: [listenerSpec({ direction: 'inbound', protocol: 'tcp', route: null, tcp })],
      clusters: [
        [clusterSpec('db'), [endpointSpec(await portOf(greeter))]],
        [clusterSpec('door', { protocol: 'http2' }), [endpointSpec(doorPort)]],
      ],
      authorization: [policy],
    }),
  );
  const originalDestination = { address: '10.1.0.1', port: 9080 };
  const port = await portOf(
    createServer({ pauseOnConnect: true }, (socket) =>
      dataplane.accept(socket, { direction: 'inbound', originalDestination }),
    ),
  );
  const heard = await new Promise<string>((resolve) => {
    let text = '';
    connect({ port, host: '127.0.0.1' })
      .on('data', (chunk: Buffer) => {
        text += chunk.latin1Slice();
      })
      .on('error', () => {})
      .on('close', () => resolve(text));
  });
  return { heard, connections, lines };
}

describe('a connection that an authorizer is asked about', { timeout: 10_000 }, () => {
  test('passes if it says so, with both addresses told and no request', async () => {
    const asked: string[] = [];
    const { heard } = await call(await door(0, asked), AUTHORIZER);
    assert.equal(heard, 'greeting');
    assert.equal(asked[0], '/envoy.service.auth.v3.Authorization/Check');
    assert.match(asked[1] ?? '', /127\.0\.0\.1.*10\.1\.0\.1/s);
    assert.doesNotMatch(asked[1] ?? '', /:path/);
  });

  test('is closed if it refuses, and the server never hears of it', async () => {
    const { heard, connections, lines } = await call(await door(7), AUTHORIZER);
    assert.deepEqual([heard, connections], ['', 0]);
    assert.deepEqual(lines, ['UAEX ext_authz_denied\n']);
  });

  test('is closed if there is no answer, or passes where failOpen says so', async () => {
    const closed = await call(1, AUTHORIZER);
    assert.deepEqual([closed.heard, closed.lines], ['', ['UAEX ext_authz_error\n']]);
    assert.equal((await call(1, { ...AUTHORIZER, failOpen: true })).heard, 'greeting');
    assert.equal((await call(1, { ...AUTHORIZER, cluster: 'none' })).heard, '');
  });

  test('is closed where nobody knows whom to ask, and passes where it could be asked by HTTP alone', async () => {
    const unknown = await call(1, null);
    assert.equal(unknown.heard, '');
    assert.match(
      unknown.lines.join(''),
      /rbac_access_denied_matched_policy\[ns\[default\]-policy\[ask\]-rule\[0\]\]/,
    );
    assert.equal((await call(1, { ...AUTHORIZER, protocol: 'http' })).heard, 'greeting');
  });
});
