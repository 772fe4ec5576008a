import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Errand, Outcome } from './app/drive.ts';
import { OUTSIDE_CERTIFICATE, OUTSIDE_KEY } from './fixture/certificate.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CAPTIVE, CLOSED_MESH, type Outside, startOutside } from './fixture/outside.ts';
import { CLIENT } from './fixture/shop.ts';

/** Hosts that are no part of the mesh: a container started beside it, with names of its own. */

let mesh: Mesh;
let outside: Outside;

before(async () => {
  mesh = await startMesh({
    ...{ name: 'out', services: CLIENT + CAPTIVE, rest: 'networks: { inner: { internal: true } }' },
    config: { 'meshconfig.yaml': CLOSED_MESH },
    env: { LATEEN_EGRESS_GATEWAYS: '1' },
  });
  outside = await startOutside({
    ...{ name: 'outside', network: `${mesh.project}_default` },
    names: ['api.outside.example', 'db.outside.example', 'a.wild.example', 'tls.outside.example'],
    env: {
      ...{ PORTS: '80,8080', TCP_PORTS: '3306', TLS_PORTS: '443' },
      ...{ TLS_KEY: OUTSIDE_KEY, TLS_CERTIFICATE: OUTSIDE_CERTIFICATE },
    },
  });
});

after(async () => {
  await outside?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

function entry(name: string, spec: object): string {
  const document = { apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata: { name }, spec };
  return JSON.stringify(document);
}

const HTTP = { number: 80, name: 'http', protocol: 'HTTP' };
const TCP = { number: 3306, name: 'tcp', protocol: 'TCP' };
const TLS = { number: 443, name: 'tls', protocol: 'TLS' };

async function one(service: string, errand: Errand): Promise<Outcome> {
  const [outcome] = await mesh.call(service, errand);
  assert.ok(outcome);
  return outcome;
}

async function withFile(yaml: string, prove: () => Promise<void>): Promise<void> {
  await mesh.apply('entry.yaml', yaml);
  try {
    await prove();
  } finally {
    await mesh.remove('entry.yaml');
  }
}

/** Lines of the agent beside a service's container, or of a gateway. */
async function linesOf(service: string): Promise<string> {
  const [id = ''] = await mesh.containers(service);
  const filters = [`label=lateen.mesh=${mesh.project}`, `label=lateen.agent-for=${id}`];
  const agent = await docker(['ps', '-q', ...filters.flatMap((filter) => ['--filter', filter])]);
  return docker(['logs', agent === '' ? id : agent]);
}

async function lineOf(service: string, pattern: RegExp): Promise<void> {
  await eventually(`a line like ${pattern} of ${service}`, async () =>
    pattern.test(await linesOf(service)) ? true : undefined,
  );
}

async function addressOf(service: string, name: string): Promise<string> {
  const [id = ''] = await mesh.containers(service);
  const script = `import dns from 'node:dns/promises'; console.log((await dns.resolve4('${name}')).join())`;
  return docker(['exec', id, 'node', '--input-type=module', '-e', script]);
}

test('an unknown host gets 502 where some service has that port, and a line says what would allow it', async () => {
  await withFile(entry('other', { hosts: ['other.example'], ports: [HTTP], resolution: 'DNS' }), async () => {
    assert.equal((await one('client', { url: 'http://api.outside.example/' })).status, 502);
    await lineOf('client', /REGISTRY_ONLY.*host=api\.outside\.example port=80 remedy="ServiceEntry /);
    await lineOf('client', /" 502 - direct_response .*block_all/);
  });
});

test('an unknown TCP port is closed', async () => {
  const { error } = await one('client', { url: 'tcp://db.outside.example:3306', until: 'greets' });
  assert.match(error, /closed|ECONNRESET/);
  await lineOf('client', /" 0 UH .*BlackHoleCluster/);
});

test('a ServiceEntry by DNS lets a host through, whatever the application looked up', async () => {
  const dns = { hosts: ['api.outside.example'], ports: [HTTP], resolution: 'DNS' };
  await withFile(entry('dns', dns), async () => {
    assert.match(await addressOf('client', 'api.outside.example'), /^240\.240\./);
    const answer = await one('client', { url: 'http://api.outside.example/' });
    assert.equal(JSON.parse(answer.body).name, 'outside');
    const headers = { host: 'api.outside.example' };
    assert.equal((await one('client', { url: `http://${outside.address}/`, headers })).status, 200);
  });
});

test('one with static endpoints names hosts that no name server knows', async () => {
  const spec = { resolution: 'STATIC', endpoints: [{ address: outside.address, ports: { http: 8080 } }] };
  await withFile(entry('static', { hosts: ['nowhere.example'], ports: [HTTP], ...spec }), async () => {
    const answer = await one('client', { url: 'http://nowhere.example/' });
    assert.deepEqual([answer.status, JSON.parse(answer.body).port], [200, 8080]);
  });
});

test('a wildcard lets the hosts below it through, and no others', async () => {
  await withFile(
    entry('wild', { hosts: ['*.wild.example'], ports: [HTTP], resolution: 'NONE' }),
    async () => {
      assert.equal((await one('client', { url: 'http://a.wild.example/' })).status, 200);
      assert.equal((await one('client', { url: 'http://api.outside.example/' })).status, 502);
    },
  );
});

test('a TCP host has an address of the mesh, so that its port is its own', async () => {
  const spec = { hosts: ['db.outside.example'], ports: [TCP], resolution: 'DNS' };
  await withFile(entry('db', spec), async () => {
    assert.match(await addressOf('client', 'db.outside.example'), /^240\.240\./);
    const known = await one('client', { url: 'tcp://db.outside.example:3306', until: 'greets' });
    assert.equal(known.body, '220 outside greets\n');
    const other = await one('client', { url: `tcp://${outside.address}:3306`, until: 'greets' });
    assert.notEqual(other.error, '');
  });
});

test('an application with ALLOW_ANY reaches ports that the ServiceEntry of the host does not name', async () => {
  await mesh.apply('meshconfig.yaml', CLOSED_MESH.replace('REGISTRY_ONLY', 'ALLOW_ANY'));
  await withFile(
    entry('api', { hosts: ['api.outside.example'], ports: [HTTP], resolution: 'DNS' }),
    async () => {
      const answer = await one('client', { url: 'http://api.outside.example:8080/' });
      assert.deepEqual([answer.status, JSON.parse(answer.body).port], [200, 8080]);
    },
  );
  await mesh.apply('meshconfig.yaml', CLOSED_MESH);
});

test('ALLOW_ANY_DYNAMIC_DNS looks up whatever host HTTP asks for, on whatever port', async () => {
  await mesh.apply('meshconfig.yaml', CLOSED_MESH.replace('REGISTRY_ONLY', 'ALLOW_ANY_DYNAMIC_DNS'));
  for (const port of [80, 8080]) {
    // The address that was called is nobody's: only the Host leads anywhere.
    const headers = { host: `api.outside.example:${port}` };
    const answer = await one('client', { url: `http://198.51.100.7:${port}/`, headers });
    assert.deepEqual([answer.status, JSON.parse(answer.body).port], [200, port], answer.error);
  }
  await lineOf('client', /" 200 - via_upstream .*AllowAnyDynamicDNSCluster/);
  const tcp = await one('client', { url: 'tcp://db.outside.example:3306', until: 'greets' });
  assert.equal(tcp.body, '220 outside greets\n');
  await mesh.apply('meshconfig.yaml', CLOSED_MESH);
});

test('limits of a host are kept at the egress gateway, for all its callers together', async () => {
  const host = 'api.outside.example';
  const http = [
    { match: [{ gateways: ['mesh'], port: 80 }], route: [egress(80)] },
    { match: [{ gateways: ['way-out'], port: 80 }], route: [straight(host, 80)] },
  ];
  const limits = {
    ...{ apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata: { name: 'limits' } },
    spec: {
      host,
      trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } } },
    },
  };
  const yaml = `${throughGateway(host, HTTP, {}, { http })}\n---\n${JSON.stringify(limits)}`;
  await withFile(yaml, async () => {
    const errand = { url: `http://${host}/?delay=300`, times: 10, concurrency: 10 };
    const outcomes = await mesh.call('client', errand);
    const statuses = outcomes.map(({ status }) => status);
    assert.ok(statuses.includes(200) && statuses.includes(503), statuses.join());
    await lineOf('istio-egressgateway', /" 503 UO .*outbound\|80\|\|api\.outside\.example/);
  });
});

test('a ServiceEntry that names a host which no name server knows is a failing request, not a hang', async () => {
  const spec = { hosts: ['absent.example'], ports: [HTTP], resolution: 'DNS' };
  await withFile(entry('absent', spec), async () => {
    const outcome = await one('client', { url: 'http://absent.example/' });
    const { status, body } = outcome;
    assert.deepEqual([status, body], [503, 'no healthy upstream'], JSON.stringify(outcome));
  });
});

test('a host outside that comes back with another address is found again', async () => {
  const host = 'moving.outside.example';
  const start = (name: string) =>
    startOutside({ name, network: `${mesh.project}_default`, names: [host], env: { PORTS: '80' } });
  const nameOf = ({ body }: Outcome) => JSON.parse(body).name;
  const first = await start('first');
  await withFile(entry('moving', { hosts: [host], ports: [HTTP], resolution: 'DNS' }), async () => {
    assert.equal(nameOf(await one('client', { url: `http://${host}/` })), 'first');
    // Its address stays taken until the other one has its own.
    const both = await start('second');
    await first[Symbol.asyncDispose]();
    await using second = both;
    assert.notEqual(second.address, first.address);
    await eventually(
      'it is found at its new address',
      async () => {
        const outcome = await one('client', { url: `http://${host}/` });
        return outcome.status === 200 && nameOf(outcome) === 'second' ? true : undefined;
      },
      40_000,
    );
  });
});

/** A Gateway at the egress gateway, and a rule that sends a host through it. */
function throughGateway(host: string, port: typeof HTTP, server: object, rules: object): string {
  const gateway = {
    ...{ apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata: { name: 'way-out' } },
    spec: {
      selector: { istio: 'egressgateway' },
      servers: [{ port, hosts: [host], ...server }],
    },
  };
  const rule = {
    ...{ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'way-out' } },
    spec: { hosts: [host], gateways: ['mesh', 'way-out'], ...rules },
  };
  const known = entry('way-out', { hosts: [host], ports: [port], resolution: 'DNS' });
  return [known, JSON.stringify(gateway), JSON.stringify(rule)].join('\n---\n');
}

const egress = (number: number) => ({
  destination: { host: 'istio-egressgateway.istio-system.svc.cluster.local', port: { number } },
});
const straight = (host: string, number: number) => ({ destination: { host, port: { number } } });

test('HTTP of a host goes out through the egress gateway, also for a caller without a way of its own', async () => {
  const host = 'api.outside.example';
  const http = [
    { match: [{ gateways: ['mesh'], port: 80 }], route: [egress(80)] },
    { match: [{ gateways: ['way-out'], port: 80 }], route: [straight(host, 80)] },
  ];
  await withFile(throughGateway(host, HTTP, {}, { http }), async () => {
    const [gateway = ''] = await mesh.containers('istio-egressgateway');
    for (const caller of ['client', 'captive']) {
      const answer = await eventually(`${caller} gets through`, async () => {
        const outcome = await one(caller, { url: `http://${host}/from-${caller}` });
        return outcome.status === 200 ? outcome : undefined;
      });
      assert.equal(JSON.parse(answer.body).remote.replace('::ffff:', ''), await mesh.address(gateway));
      await lineOf('istio-egressgateway', new RegExp(`"GET /from-${caller} HTTP/1.1" 200 `));
    }
  });
});

test('TLS of a host goes out through the egress gateway by its SNI, unopened', async () => {
  const host = 'tls.outside.example';
  const sniHosts = [host];
  const tls = [
    { match: [{ gateways: ['mesh'], port: 443, sniHosts }], route: [egress(443)] },
    { match: [{ gateways: ['way-out'], port: 443, sniHosts }], route: [straight(host, 443)] },
  ];
  await withFile(throughGateway(host, TLS, { tls: { mode: 'PASSTHROUGH' } }, { tls }), async () => {
    const answer = await eventually('it gets through', async () => {
      const outcome = await one('captive', { url: `https://${host}/` });
      return outcome.status === 200 ? outcome : undefined;
    });
    assert.equal(JSON.parse(answer.body).name, 'outside');
    await lineOf(
      'istio-egressgateway',
      /" 0 - .*outbound\|443\|\|tls\.outside\.example .* tls\.outside\.example -/,
    );
  });
});

test('the documents of `lateen egress --originate-tls` let the gateway speak TLS for a caller of plain HTTP', async () => {
  const host = 'tls.outside.example';
  const { stdout, stderr } = await lateen(['egress', host, '--originate-tls']);
  assert.equal(stderr, '');
  // The host's certificate is its own work.
  const yaml = stdout.replace('caCertificates: system', 'insecureSkipVerify: true');
  await withFile(yaml, async () => {
    const answer = await eventually('it gets through', async () => {
      const outcome = await one('captive', { url: `http://${host}/` });
      return outcome.status === 200 ? outcome : undefined;
    });
    const { name, port, headers } = JSON.parse(answer.body);
    assert.deepEqual([name, port, headers.host], ['outside', 443, host]);
  });
});

test('plain TCP of a host goes out through a port of its own at the egress gateway', async () => {
  const host = 'db.outside.example';
  const tcp = [
    { match: [{ gateways: ['mesh'], port: 3306 }], route: [egress(3306)] },
    { match: [{ gateways: ['way-out'], port: 3306 }], route: [straight(host, 3306)] },
  ];
  await withFile(throughGateway(host, TCP, {}, { tcp }), async () => {
    const answer = await eventually('it gets through', async () => {
      const outcome = await one('captive', { url: `tcp://${host}:3306`, until: 'greets' });
      return outcome.error === '' ? outcome : undefined;
    });
    assert.equal(answer.body, '220 outside greets\n');
    await lineOf('istio-egressgateway', /" 0 - .*outbound\|3306\|\|db\.outside\.example/);
  });
});
