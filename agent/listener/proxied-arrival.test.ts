import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import { encodeProxyHeader, type ProxiedConnection } from '../codec/proxy-protocol.ts';
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

const CLIENT: ProxiedConnection = {
  ...{
    sourceAddress: '203.0.113.7',
    sourcePort: 4711,
    destinationAddress: '192.0.2.1',
    destinationPort: 443,
  },
};
const REQUEST = 'GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n';

/** A gateway whose host answers with the caller's address as it was told. */
async function start(): Promise<number> {
  const host = await listen(
    createHttpServer((incoming, response) => response.end(`for ${incoming.headers['x-forwarded-for']}`)),
  );
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: () => {},
  });
  endWithTests(dataplane);
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  await dataplane.apply(
    snapshotOf({
      node: nodeSpec({ kind: 'gateway', takesProxyProtocol: true }),
      listeners: [listenerSpec({ direction: 'gateway', port })],
      routes: [routeSpec(['shop'])],
      clusters: [[clusterSpec('shop'), [endpointSpec(host)]]],
    }),
  );
  return port;
}

function converse(port: number, ...pieces: (Buffer | string)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.latin1Slice();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    for (const piece of pieces) socket.write(piece);
  });
}

test('the caller is the one that the PROXY header tells of', async () => {
  const port = await start();
  for (const version of ['V1', 'V2'] as const) {
    const header = encodeProxyHeader(version, CLIENT);
    assert.match(await converse(port, header, REQUEST), /200 OK.*for 203\.0\.113\.7/s);
    assert.match(await converse(port, Buffer.concat([header, Buffer.from(REQUEST)])), /for 203\.0\.113\.7/);
  }
  assert.match(await converse(port, encodeProxyHeader('V2', null), REQUEST), /for 127\.0\.0\.1/);
});

test('a connection without one is closed', async () => {
  assert.equal(await converse(await start(), REQUEST), '');
});
