import assert from 'node:assert/strict';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { createSystemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { createSeededRandom } from '../base/random.ts';
import type { NameEntrySpec } from '../model/name-entry.ts';
import { createDataplane } from './create-dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  nodeSpec,
  routeSpec,
  type SnapshotParts,
  snapshotOf,
  textLog,
} from './snapshot.fixture.ts';
import { endWithTests, listen } from './testing/ended-with-tests.ts';

const VIRTUAL_ADDRESS = '240.240.0.5';
const REVIEWS = 'outbound|9080||reviews.default.svc.cluster.local';

const backend = () =>
  listen(createHttpServer((sent, response) => response.end(sent.headers.host)) as unknown as Server);

/** One call whose connection was going to the virtual address of `reviews`. */
async function callThrough(parts: Pick<SnapshotParts, 'routes' | 'clusters'>) {
  const node = nodeSpec({ accessLogs: textLog('%UPSTREAM_CLUSTER% %UPSTREAM_HOST%') });
  const snapshot = snapshotOf({ node, ...parts });
  for (const name of ['reviews', 'reviews.default.svc.cluster.local'])
    (snapshot.resources.name as Map<string, NameEntrySpec>).set(name, {
      ...{ name, addresses: [VIRTUAL_ADDRESS], mode: 'answer' },
    });
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  endWithTests(dataplane);
  await dataplane.apply(snapshot);
  const originalDestination = { address: VIRTUAL_ADDRESS, port: 9080 };
  const port = await listen(
    createServer({ pauseOnConnect: true }, (socket) =>
      dataplane.accept(socket, { direction: 'outbound', originalDestination }),
    ),
  );
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', headers: { host: 'shop.example' }, agent: false };
    const sent = request(options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body, lines }), reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('what passes through to a virtual address', () => {
  const discovery = { kind: 'original-destination' as const, sourceAddress: '', port: 0 };

  test('for its unknown Host reaches a host of the service that has the address', async () => {
    const upstream = await backend();
    const passthrough = clusterSpec('PassthroughCluster', { discovery });
    const seen = await callThrough({
      routes: [routeSpec([passthrough.name])],
      clusters: [
        [passthrough, []],
        [clusterSpec(REVIEWS), [endpointSpec(upstream)]],
      ],
    });
    const lines = [`PassthroughCluster 127.0.0.1:${upstream}\n`];
    assert.deepEqual(seen, { status: 200, body: 'shop.example', lines });
  });

  test('for a rule of its own service reaches a host of it', async () => {
    const upstream = await backend();
    const cluster = clusterSpec(REVIEWS, { discovery: { ...discovery, endpoints: REVIEWS } });
    const seen = await callThrough({
      routes: [routeSpec([REVIEWS])],
      clusters: [[cluster, [endpointSpec(upstream)]]],
    });
    const lines = [`${REVIEWS} 127.0.0.1:${upstream}\n`];
    assert.deepEqual(seen, { status: 200, body: 'shop.example', lines });
  });
});
