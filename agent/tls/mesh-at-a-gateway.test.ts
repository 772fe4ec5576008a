import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import type { Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import { createDataplane } from '../create-dataplane.ts';
import type { Dataplane } from '../dataplane.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import { MESH_TLS } from '../identity/mesh-tls.ts';
import { createTestAuthority } from '../identity/testing/test-authority.ts';
import {
  CLIENT,
  endAll,
  listen,
  meshTls,
  REVIEWS,
  startInbound,
  startOutbound,
} from '../identity/testing/two-proxies.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
  textLog,
} from '../snapshot.fixture.ts';

const GATEWAY = 'spiffe://cluster.local/ns/istio-system/sa/istio-egressgateway';

let authority: Awaited<ReturnType<typeof createTestAuthority>>;
let client: MeshIdentity;
let port: number;
let gateway: Dataplane;

before(async () => {
  authority = await createTestAuthority();
  client = await authority.identity(CLIENT);
  const app = await listen(
    createHttpServer(({ headers }, response) => {
      response.end(`${headers['x-forwarded-proto']} ${headers['x-forwarded-client-cert']}`);
    }) as unknown as Server,
  );
  port = await freePort();
  gateway = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    identity: await authority.identity(GATEWAY),
  });
  const tls = { ...MESH_TLS, mode: 'istio-mutual' as const };
  await gateway.apply(
    snapshotOf({
      node: nodeSpec({ identity: GATEWAY }),
      listeners: [
        listenerSpec({
          ...{ direction: 'gateway', port, protocol: 'tls', route: null, tcp: [] },
          tlsServers: [{ sniHosts: ['outside.example'], tls, route: '9080', tcp: null }],
        }),
      ],
      routes: [routeSpec(['app'])],
      clusters: [[clusterSpec('app'), [endpointSpec(app)]]],
    }),
  );
});
after(async () => {
  await gateway.drain(0);
  await endAll();
});

async function freePort(): Promise<number> {
  const server = createHttpServer() as unknown as Server;
  const free = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return free;
}

function get(through: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: through, host: '127.0.0.1', agent: false }, async (response) => {
      resolve(`${response.statusCode} ${Buffer.concat(await response.toArray())}`);
    });
    sent.on('error', reject).end();
  });
}

describe('a gateway server of mode AUTO_PASSTHROUGH', () => {
  const SNI = 'outbound_.9080_._.reviews.default.svc.cluster.local';
  let passing: Dataplane;
  let through: number;
  const lines: string[] = [];

  before(async () => {
    const app = createHttpServer(({ headers }, response) => {
      response.end(`${headers['x-forwarded-client-cert']}`);
    });
    const inbound = await startInbound(
      await listen(app as unknown as Server),
      await authority.identity(REVIEWS),
      { mutualTls: 'strict' },
    );
    through = await freePort();
    const log = textLog('%RESPONSE_FLAGS% %REQUESTED_SERVER_NAME% %CONNECTION_TERMINATION_DETAILS%\n');
    passing = createDataplane({
      ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
      writeAccessLog: (line) => lines.push(line),
    });
    const match = { sniHosts: [SNI], destinationSubnets: [], isMeshTls: true } as const;
    const route = { match, clusters: [{ name: SNI, weight: 1 }], idleTimeoutMs: 0, statPrefix: SNI };
    await passing.apply(
      snapshotOf({
        node: nodeSpec({ accessLogs: log }),
        listeners: [
          listenerSpec({ direction: 'gateway', port: through, protocol: 'tls', route: null, tcp: [route] }),
        ],
        clusters: [[clusterSpec(SNI, { protocol: 'tcp' }), [endpointSpec(inbound.port)]]],
      }),
    );
  });
  after(() => passing.drain(0));

  test('passes on what one sidecar says to another, who sees the first one: it stays unopened', async () => {
    const { port: entrance } = await startOutbound(through, client, { tls: meshTls([REVIEWS]) }, {}, false);
    assert.match(await get(entrance), /^200 By=.*sa\/reviews;.*URI=.*\/sa\/client$/);
  });

  test('closes a name that is no cluster, and TLS of callers that are not of the mesh', async () => {
    const sni = SNI.replace('reviews', 'ratings');
    const { port: entrance } = await startOutbound(
      through,
      client,
      { tls: { ...meshTls([REVIEWS]), sni } },
      {},
      false,
    );
    assert.match(await get(entrance), /^503 /);
    const stranger = connectTls({ port: through, host: '127.0.0.1', servername: SNI });
    await assert.rejects(once(stranger, 'secureConnect'), { code: 'ECONNRESET' });
    assert.deepEqual(lines.slice(-2), [
      `NR ${sni} no_route_for_that_name_or_address\n`,
      `NR ${SNI} no_TLS_of_the_mesh_for_that_name\n`,
    ]);
  });
});

describe('a gateway server of mode ISTIO_MUTUAL', () => {
  const tls = (names: string[], sni: string) => ({ ...meshTls(names), sni });

  test('serves sidecars of the mesh, and tells who calls', async () => {
    for (const protocol of ['http1', 'http2'] as const) {
      const { port: through } = await startOutbound(
        port,
        client,
        { protocol, tls: tls([GATEWAY], 'outside.example') },
        {},
        false,
      );
      const answer = await get(through);
      assert.match(
        answer,
        /^200 https By=spiffe:\/\/cluster\.local\/ns\/istio-system\/sa\/istio-egressgateway;/,
      );
      assert.match(answer, /;URI=spiffe:\/\/cluster\.local\/ns\/default\/sa\/client$/);
    }
  });

  test('is no use under another name, or to who expects another identity', async () => {
    for (const wrong of [tls([GATEWAY], 'elsewhere.example'), tls([CLIENT], 'outside.example')]) {
      const { port: through } = await startOutbound(port, client, { tls: wrong }, {}, false);
      assert.match(await get(through), /^503 /);
    }
  });

  test('refuses callers without a certificate of the mesh', async () => {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: 'outside.example',
      rejectUnauthorized: false,
    });
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await assert.rejects(socket.toArray(), { code: /CERTIFICATE_REQUIRED/ });
  });
});
