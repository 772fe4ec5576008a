import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { describe, test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { AuthorizationSpec, ConditionSpec } from '../../model/authorization.ts';
import { createDataplane } from '../create-dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
} from '../snapshot.fixture.ts';
import { endWithTests, listen } from '../testing/ended-with-tests.ts';

/** AuthorizationPolicy where a connection may be HTTP or not. */

const DETECTION_MS = 20;
function policy(action: 'ALLOW' | 'DENY', condition: Pick<ConditionSpec, 'attribute' | 'values'>) {
  const origin = { resource: '', file: '', line: 0 };
  const to = [[{ ...condition, key: [], notValues: [] }]];
  const spec: AuthorizationSpec = {
    ...{ name: 'default/p', action, isDryRun: false, provider: null, origin },
    rules: [{ to, from: [], when: [] }],
  };
  return spec;
}

/** The inbound side of a sidecar, on a port of which nothing is declared, before an application at `upstream`. */
async function start(upstream: number, ...authorization: AuthorizationSpec[]): Promise<number> {
  const match = { sniHosts: [], destinationSubnets: [] };
  const clusters = [{ name: 'db', weight: 1 }];
  const tcp = [{ match, clusters, idleTimeoutMs: 0, statPrefix: 'db' }];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: () => {},
  });
  endWithTests(dataplane);
  await dataplane.apply(
    snapshotOf({
      node: { ...nodeSpec(), protocolDetectionTimeoutMs: DETECTION_MS },
      listeners: [listenerSpec({ direction: 'inbound', protocol: 'auto', route: '9080', tcp })],
      routes: [routeSpec(['db'])],
      clusters: [[clusterSpec('db'), [endpointSpec(upstream)]]],
      authorization,
    }),
  );
  const originalDestination = { address: '10.1.0.1', port: 9080 };
  return listen(
    createServer({ pauseOnConnect: true }, (socket) =>
      dataplane.accept(socket, { direction: 'inbound', originalDestination }),
    ),
  );
}

/** All that comes until the connection ends; the bytes are sent after so long a silence. */
function converse(port: number, bytes: string, silenceMs = 0): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    const timer = setTimeout(() => socket.write(bytes), silenceMs);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.latin1Slice();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

const greeter = () => listen(createServer((socket) => socket.on('error', () => {}).end('greeting')));
const REQUEST = 'GET /open HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
const onlyOpen = policy('ALLOW', { attribute: 'request.path', values: ['/open'] });

describe('a connection without HTTP', () => {
  test('is closed where policies allow requests only', async () => {
    const port = await start(await greeter(), onlyOpen);
    assert.equal(await converse(port, 'select 1\n'), '');
  });

  test('is closed by a policy on its port, also if it never says a word', async () => {
    const port = await start(
      await greeter(),
      policy('DENY', { attribute: 'destination.port', values: ['9080'] }),
    );
    assert.equal(await converse(port, 'select 1\n', DETECTION_MS * 4), '');
  });

  test('passes where its port is not denied', async () => {
    const port = await start(
      await greeter(),
      policy('DENY', { attribute: 'destination.port', values: ['81'] }),
    );
    assert.equal(await converse(port, 'select 1\n', DETECTION_MS * 4), 'greeting');
  });
});

test('a caller that is slow to begin its request is not taken for one without HTTP', async () => {
  const web = createHttpServer((_request, response) => response.end('web')) as unknown as Server;
  const port = await start(await listen(web), onlyOpen);
  assert.match(await converse(port, REQUEST, DETECTION_MS * 4), /^HTTP\/1\.1 200 [\s\S]*web/);
});

describe('a word that is a method too', () => {
  test('passes as what it is where its line names no version of HTTP', async () => {
    assert.equal(await converse(await start(await greeter()), 'GET key\r\n'), 'greeting');
  });

  test('waits for the rest of its line, and is HTTP if that says so', async () => {
    const web = createHttpServer((_request, response) => response.end('web')) as unknown as Server;
    const port = await start(await listen(web));
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.write(REQUEST.slice(0, 8));
    setTimeout(() => socket.write(REQUEST.slice(8)), DETECTION_MS * 4);
    // The proxy alone writes this header.
    assert.match(
      Buffer.concat(await socket.toArray()).toString(),
      /\r\nx-envoy-|\r\nserver: istio-envoy\r\n/i,
    );
  });
});
