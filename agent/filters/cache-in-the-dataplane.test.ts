import assert from 'node:assert/strict';
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { CacheSpec } from '../../model/route.ts';
import { createDataplane } from '../create-dataplane.ts';
import { clusterSpec, endpointSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';

const CACHE: CacheSpec = {
  store: 's',
  rule: '0',
  maxBytes: 2 ** 20,
  maxEntryBytes: 2 ** 19,
  isOnDisk: false,
};
const BODY = 'x'.repeat(200_000);

const servers: Server[] = [];
const dataplane = createDataplane({
  ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
  writeAccessLog: () => {},
});
after(async () => {
  await dataplane.drain(0);
  for (const server of servers) server.close();
});

function listen(server: Server): Promise<number> {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

async function call(port: number, method = 'GET') {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', method, agent: false }, resolve).on('error', reject).end();
  });
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  return { status: answer.statusCode, body, says: answer.headers['cache-status'], headers: answer.headers };
}

test('over sockets: kept answers are whole, and outlive a new snapshot', async () => {
  let asked = 0;
  const host = createHttpServer((_request, response) => {
    asked += 1;
    response.setHeader('cache-control', 'max-age=600');
    response.end(BODY);
  });
  const upstream = await listen(host as unknown as Server);
  const snapshot = (cache: CacheSpec | null, name: string) =>
    snapshotOf({
      routes: [routeSpec(['north'], { cache, name })],
      clusters: [[clusterSpec('north'), [endpointSpec(upstream)]]],
    });
  await dataplane.apply(snapshot(CACHE, 'one'));
  const originalDestination = { address: '240.240.0.5', port: 9080 };
  const port = await listen(
    createServer({ pauseOnConnect: true }, (socket) =>
      dataplane.accept(socket, { direction: 'outbound', originalDestination }),
    ),
  );
  assert.equal((await call(port)).says, 'lateen; fwd=uri-miss');
  const kept = await call(port);
  assert.deepEqual([kept.says, kept.body === BODY], ['lateen; hit', true]);
  assert.equal(kept.headers['content-length'], String(BODY.length));
  const head = await call(port, 'HEAD');
  assert.deepEqual([head.body, head.headers['content-length']], ['', String(BODY.length)]);
  await dataplane.apply(snapshot(CACHE, 'two'));
  assert.equal((await call(port)).says, 'lateen; hit');
  assert.equal(asked, 1);
  assert.match(dataplane.renderMetrics(), /^lateen_cache_requests_total\{result="hit"\} 3$/m);
  await dataplane.apply(snapshot(null, 'three'));
  assert.equal((await call(port)).says, undefined);
  assert.doesNotMatch(dataplane.renderMetrics(), /lateen_cache/);
});
