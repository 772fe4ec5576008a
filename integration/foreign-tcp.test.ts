import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { tryDocker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { buildForeign, FOREIGN_IMAGE } from './fixture/foreign.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { metricsOf, sumOf } from './fixture/proxies.ts';
import { nodeService } from './fixture/streams.ts';

/** Debian's Redis and PostgreSQL, with their own clients, as services that speak something else than HTTP. */

const TLS = '--tls-port 6380 --tls-cert-file /etc/ssl/certs/ssl-cert-snakeoil.pem';
const KEY = '--tls-key-file /etc/ssl/private/ssl-cert-snakeoil.key --tls-auth-clients no';

const redis = (service: string, labels: string) => `
  ${service}:
    image: ${FOREIGN_IMAGE}
    expose: ["6379", "6380"]
    command: redis-server --protected-mode no --save "" ${TLS} ${KEY} --tls-ca-cert-file /etc/ssl/certs/ssl-cert-snakeoil.pem
    labels: { lateen.inject: "true", ${labels} }
`;

const postgres = (service: string, ports: string) => `
  ${service}:
    image: ${FOREIGN_IMAGE}
    expose: ["5432"]
    command: postgres.sh
    labels: { app: ${service}, lateen.inject: "true"${ports} }
`;

const SERVICES = `
  client:
    image: ${FOREIGN_IMAGE}
    command: sleep infinity
    init: true
    labels: { app: client, lateen.inject: "true" }
${redis('redis-v1', 'app: redis, version: v1, lateen.ports: "tcp:6379,tcp:6380"')}
${redis('redis-v2', 'app: redis, version: v2, lateen.ports: "tcp:6379,tcp:6380"')}
${redis('found', 'app: found')}
${postgres('declared', ', lateen.ports: "tcp:5432"')}
${postgres('detected', '')}
${nodeService('halves', 'server.ts', 'app: halves, lateen.ports: "tcp:7000"')}
`;

const SUBSETS = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: redis }
spec:
  host: redis
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
`;

const weights = (v1: number, v2: number) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: redis }
spec:
  hosts: [redis]
  tcp:
    - match: [{ port: 6379 }]
      route:
        - { destination: { host: redis, subset: v1 }, weight: ${v1} }
        - { destination: { host: redis, subset: v2 }, weight: ${v2} }
`;

const LIMIT = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: found }
spec:
  host: found
  trafficPolicy: { connectionPool: { tcp: { maxConnections: 2 } } }
`;

let mesh: Mesh;

before(async () => {
  await buildForeign();
  mesh = await startMesh({ name: 'foreign', services: SERVICES });
  const redis = 'redis-cli ping';
  const postgres = 'psql -U postgres -h 127.0.0.1 -c "select 1"';
  const checks = {
    'redis-v1': redis,
    'redis-v2': redis,
    found: redis,
    declared: postgres,
    detected: postgres,
  };
  for (const [service, check] of Object.entries(checks)) {
    const isUp = async () => ((await inside(service, check)).status === 0 ? true : undefined);
    await eventually(`${service} is up`, isUp);
  }
  for (const version of ['v1', 'v2']) await run(`redis-cli set who ${version}`, `redis-${version}`);
  await mesh.settled();
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

async function inside(service: string, script: string) {
  const [container = ''] = await mesh.containers(service);
  return tryDocker(['exec', container, 'sh', '-c', script]);
}

/** What a shell script in the client's container printed. */
async function run(script: string, service = 'client'): Promise<string> {
  const { status, stdout, stderr } = await inside(service, script);
  assert.equal(status, 0, `${script}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** A program of a few lines in the client's container. */
const node = (script: string) => run(`node --input-type=module -e "${script}"`);

const psql = (host: string, sql: string) =>
  run(`psql -At "host=${host} user=postgres sslmode=\${SSLMODE:-disable}" -c "${sql}"`);

/** Which versions answered so many connections. */
async function versions(times: number): Promise<Record<string, number>> {
  const out = await run(`for i in $(seq ${times}); do redis-cli -h redis get who; done`);
  const counts: Record<string, number> = {};
  for (const version of out.split('\n')) counts[version] = (counts[version] ?? 0) + 1;
  return counts;
}

describe('Redis', () => {
  test('answers on a port declared tcp, and large values pass', async () => {
    assert.equal(await run('redis-cli -h redis ping'), 'PONG');
    const large = `head -c 5000000 /dev/zero | tr '\\0' x | redis-cli -h redis-v1 -x set large`;
    assert.equal(await run(large), 'OK');
    assert.equal(await run('redis-cli -h redis-v1 get large | wc -c'), '5000001');
  });

  test('answers on a port of which the protocol is detected', async () => {
    assert.equal(await run('redis-cli -h found ping'), 'PONG');
  });

  test('its commands by hand are no HTTP, though GET is a method as well', async () => {
    await run('redis-cli -h found set shoe 42');
    const script = `{ printf 'GET shoe\\r\\n'; sleep 1; } | node -e "
      const socket = require('node:net').connect(6379, 'found');
      process.stdin.pipe(socket).pipe(process.stdout);"`;
    assert.match(await run(script), /^\$2\s+42$/);
  });

  test('a pipeline of commands passes whole', async () => {
    const out = await run(`seq 20000 | sed 's/.*/SET key-& value-&/' | redis-cli -h found --pipe`);
    assert.match(out, /errors: 0, replies: 20000/);
  });

  test('subscribers hear what is published, over a connection that is silent otherwise', async () => {
    const script = `(timeout 3 redis-cli -h found subscribe news & sleep 1; redis-cli -h found publish news hello >/dev/null; wait); true`;
    assert.match(await run(script), /message\nnews\nhello/);
  });

  test('its own TLS passes untouched', async () => {
    assert.equal(await run('redis-cli -h redis-v2 -p 6380 --tls --insecure get who'), 'v2');
    assert.equal(await run('redis-cli -h found -p 6380 --tls --insecure ping'), 'PONG');
  });
});

describe('PostgreSQL', () => {
  for (const host of ['declared', 'detected']) {
    test(`answers at a port that is ${host}`, async () => {
      assert.equal(await psql(host, 'select 6 * 7'), '42');
      assert.equal(await psql(host, "select length(repeat('x', 3000000))"), '3000000');
    });

    test(`encrypts the connection itself at a port that is ${host}`, async () => {
      const sql = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
      assert.equal(await run(`psql -At "host=${host} user=postgres sslmode=require" -c "${sql}"`), 't');
    });
  }

  test('rows go in and out by the thousand', async () => {
    const copy = `seq 50000 | psql -At "host=declared user=postgres sslmode=disable" -c "create table n (i int)" -c "copy n from stdin" -c "select sum(i) from n"`;
    assert.match(await run(copy), /1250025000$/);
  });
});

describe('rules for TCP', () => {
  test('weights share connections out between two versions, and an edit moves all of them', async () => {
    await mesh.apply('subsets.yaml', SUBSETS);
    await mesh.apply('weights.yaml', weights(80, 20));
    const counts = await versions(150);
    // 120 and 30 expected; 4.5 standard deviations to each side.
    assert.ok(Math.abs((counts['v1'] ?? 0) - 120) <= 22, JSON.stringify(counts));
    assert.equal((counts['v1'] ?? 0) + (counts['v2'] ?? 0), 150);
    await mesh.apply('weights.yaml', weights(0, 100));
    assert.deepEqual(await versions(20), { v2: 20 });
  });

  test('connections beyond maxConnections are closed, with the flag UO, and the others go on', async () => {
    await mesh.apply('limit.yaml', LIMIT);
    const out = await node(`
      import { connect } from 'node:net';
      const open = [];
      const results = [];
      for (let i = 0; i < 5; i++) {
        const socket = connect(6379, 'found');
        open.push(socket);
        results.push(await new Promise((resolve) => {
          socket.write('PING\\\\r\\\\n');
          socket.once('data', (data) => resolve(String(data).trim()));
          socket.once('close', () => resolve('closed'));
          socket.on('error', () => {});
        }));
      }
      console.log(results.join(' '));
      for (const socket of open) socket.destroy();`);
    assert.equal(out, '+PONG +PONG closed closed closed');
    await eventually('there is room again', async () =>
      (await inside('client', 'redis-cli -h found ping')).stdout.trim() === 'PONG' ? true : undefined,
    );
    const metrics = await metricsOf(mesh, 'client');
    const refused = ['response_flags="UO"', 'destination_service_name="found"'];
    assert.equal(sumOf(metrics, 'istio_tcp_connections_closed_total', ...refused), 3);
  });
});

test('a program that ends its side first still gets its answer', async () => {
  const out = await node(`
    import { connect } from 'node:net';
    const socket = connect({ port: 7000, host: 'halves', allowHalfOpen: true });
    socket.end(Buffer.alloc(1000000));
    socket.on('data', (data) => console.log(String(data)));`);
  assert.equal(out, '1000000 bytes');
});

test('connections and their bytes are counted at both ends', async () => {
  for (const [service, reporter] of [
    ['client', 'source'],
    ['declared', 'destination'],
  ] as const) {
    const labels = ['destination_service_name="declared"', `reporter="${reporter}"`];
    await eventually(`${service} counts`, async () => {
      const metrics = await metricsOf(mesh, service);
      const sum = (name: string) => sumOf(metrics, `istio_tcp_${name}_total`, ...labels);
      const opened = sum('connections_opened');
      // Three psql runs, one of which is encrypted, and the rows.
      const isCounted = opened === 4 && sum('connections_closed') === opened;
      assert.ok(isCounted, `${opened} opened, ${sum('connections_closed')} closed`);
      assert.ok(sum('received_bytes') > 250_000, `${sum('received_bytes')} bytes`);
      assert.ok(sum('sent_bytes') > 1000);
      return true;
    });
  }
});
