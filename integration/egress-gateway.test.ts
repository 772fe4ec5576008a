import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTestAuthority } from '../base/certificate.fixture.ts';
import type { Errand, Outcome } from './app/drive.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { secretDocument } from './fixture/https.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { failures } from './fixture/outcomes.ts';
import { CAPTIVE, CLOSED_MESH, type Outside, startOutside } from './fixture/outside.ts';
import { metricsOf, sumOf } from './fixture/proxies.ts';
import { CLIENT } from './fixture/shop.ts';

/** What the way out does with requests, beyond letting them through. */

const GATEWAY = 'istio-egressgateway';
const authority = await createTestAuthority();
const strangers = await createTestAuthority('another authority');

let mesh: Mesh;
/** One that answers, and one that wants certificates. */
let good: Outside;
let vault: Outside;

before(async () => {
  mesh = await startMesh({
    ...{ name: 'egress', services: CLIENT + CAPTIVE, rest: 'networks: { inner: { internal: true } }' },
    config: { 'meshconfig.yaml': CLOSED_MESH },
    env: { LATEEN_EGRESS_GATEWAYS: '1' },
  });
  const network = `${mesh.project}_default`;
  const own = await authority.issue('*.wild.example', 'vault.example');
  const tls = { TLS_PORTS: '443', TLS_KEY: own.privateKey, TLS_CERTIFICATE: own.certificate };
  const names = ['a.wild.example', 'b.wild.example', 'good.example'];
  good = await startOutside({ ...{ name: 'good', network, names }, env: { PORTS: '80', ...tls } });
  vault = await startOutside({
    ...{ name: 'vault', network, names: ['vault.example'] },
    env: { PORTS: '', ...tls, TLS_CLIENT_CA: authority.certificate },
  });
});

after(async () => {
  for (const outside of [good, vault]) await outside?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

function document(kind: string, name: string, spec: object, metadata: object = {}): string {
  const apiVersion = 'networking.istio.io/v1';
  return JSON.stringify({ apiVersion, kind, metadata: { name, ...metadata }, spec });
}

const HTTP = { number: 80, name: 'http', protocol: 'HTTP' };
const TLS = { number: 443, name: 'tls', protocol: 'TLS' };

/** The documents that send HTTP of a host through the gateway. */
function throughGateway(host: string, entry: object, toPort = 80): string[] {
  const egress = { host: `${GATEWAY}.istio-system.svc.cluster.local`, port: { number: 80 } };
  return [
    document('ServiceEntry', 'entry', { hosts: [host], ports: [HTTP], resolution: 'DNS', ...entry }),
    document('Gateway', 'way-out', {
      selector: { istio: 'egressgateway' },
      servers: [{ port: HTTP, hosts: [host] }],
    }),
    document('VirtualService', 'way-out', {
      ...{ hosts: [host], gateways: ['mesh', 'way-out'] },
      http: [
        { match: [{ gateways: ['mesh'], port: 80 }], route: [{ destination: egress }] },
        {
          match: [{ gateways: ['way-out'], port: 80 }],
          route: [{ destination: { host, port: { number: toPort } } }],
        },
      ],
    }),
  ];
}

async function withDocuments(documents: readonly string[], prove: () => Promise<void>): Promise<void> {
  await mesh.apply('egress.yaml', documents.join('\n---\n'));
  try {
    await prove();
  } finally {
    await mesh.remove('egress.yaml');
  }
}

async function one(service: string, errand: Errand): Promise<Outcome> {
  const [outcome] = await mesh.call(service, errand);
  assert.ok(outcome);
  return outcome;
}

/** The first answer with that status: a gateway joins a network, or starts again. */
const answerOf = (service: string, url: string, status = 200) =>
  eventually(`${url} is ${status}`, async () => {
    const outcome = await one(service, { url });
    if (outcome.status === status) return outcome;
    throw new Error(JSON.stringify(outcome));
  });

const logsOf = async (service: string) => docker(['logs', (await mesh.containers(service))[0] ?? '']);

const lineOf = (pattern: RegExp) =>
  eventually(`a line like ${pattern}`, async () => (pattern.test(await logsOf(GATEWAY)) ? true : undefined));

describe('a wildcard with DYNAMIC_DNS', () => {
  const wild = document('ServiceEntry', 'wild', {
    ...{ hosts: ['*.wild.example'], ports: [HTTP, TLS], resolution: 'DYNAMIC_DNS' },
  });

  test('lets the sidecar look up what is called, by Host and by server name', async () => {
    await withDocuments([wild], async () => {
      for (const name of ['a', 'b'])
        for (const scheme of ['http', 'https']) {
          const { status, body } = await one('client', { url: `${scheme}://${name}.wild.example/` });
          assert.equal(status, 200, `${scheme} ${name}`);
          assert.equal(JSON.parse(body).name, 'good');
        }
      const absent = await one('client', { url: 'http://absent.wild.example/' });
      assert.deepEqual([absent.status, absent.body], [503, 'DNS resolution failure']);
      const other = await one('client', { url: 'https://good.example/' });
      assert.notEqual(other.error, '');
    });
  });

  test('leads a caller without a way out through the gateway, which looks the name up', async () => {
    const [entry = '', ...rules] = throughGateway('*.wild.example', { resolution: 'DYNAMIC_DNS' });
    await withDocuments([entry, ...rules], async () => {
      const { body } = await answerOf('captive', 'http://b.wild.example/');
      assert.equal(JSON.parse(body).headers.host, 'b.wild.example');
      await lineOf(/outbound\|80\|\|\*\.wild\.example/);
    });
  });
});

describe('the documents of `lateen egress` for a wildcard', () => {
  const print = async (...args: string[]) => {
    const { stdout, stderr } = await lateen(['egress', '*.wild.example', ...args]);
    assert.equal(stderr, '');
    // The hosts' authority is a test's own.
    return [stdout.replace('caCertificates: system', 'insecureSkipVerify: true')];
  };

  test('lead TLS of each host below it through the gateway, unopened', async () => {
    await withDocuments(await print(), async () => {
      for (const name of ['a', 'b']) {
        const { body } = await answerOf('captive', `https://${name}.wild.example/`);
        assert.equal(JSON.parse(body).serverName, `${name}.wild.example`);
      }
      await lineOf(/outbound\|443\|\|\*\.wild\.example .* b\.wild\.example/);
    });
  });

  test('let the gateway speak TLS to each of them', async () => {
    await withDocuments(await print('--originate-tls'), async () => {
      for (const name of ['a', 'b']) {
        const { body } = await answerOf('captive', `http://${name}.wild.example/`);
        assert.deepEqual([JSON.parse(body).port, JSON.parse(body).serverName], [443, `${name}.wild.example`]);
      }
    });
  });
});

test('answers on the disk of the gateway are there again after its restart', async () => {
  const documents = throughGateway('good.example', {});
  const [entry = '', ...rules] = documents;
  const { metadata, ...rest } = JSON.parse(entry) as { metadata: object };
  const kept = JSON.stringify({
    ...rest,
    metadata: { ...metadata, annotations: { 'lateen.cache': 'disk:8Mi' } },
  });
  await withDocuments([kept, ...rules], async () => {
    const url = 'http://good.example/news?cache=max-age%3D600';
    const first = await answerOf('client', url);
    assert.equal(first.headers['cache-status'], 'lateen; fwd=uri-miss');
    const [gateway = ''] = await mesh.containers(GATEWAY);
    await docker(['restart', gateway]);
    const again = await answerOf('client', url);
    assert.deepEqual([again.headers['cache-status'], again.body], ['lateen; hit', first.body]);
    await lineOf(/ 200 RFCF cache\.response_from_cache_filter /);
    assert.match(await metricsOf(mesh, GATEWAY), /^lateen_cache_requests_total\{result="hit"\} [1-9]/m);
  });
});

test('a host that fails is left out by the gateway, for all callers', async () => {
  const endpoints = [{ address: good.address }, { address: good.address, ports: { http: 81 } }];
  const rule = document('DestinationRule', 'limits', {
    host: 'both.example',
    trafficPolicy: {
      outlierDetection: {
        ...{ consecutive5xxErrors: 2, interval: '1s', baseEjectionTime: '180s', maxEjectionPercent: 50 },
      },
    },
  });
  const entry = { resolution: 'STATIC', endpoints };
  await withDocuments([...throughGateway('both.example', entry), rule], async () => {
    const cluster = 'outbound|80||both.example';
    const count = async (name: string) =>
      sumOf(await metricsOf(mesh, GATEWAY), `envoy_cluster_${name}`, `cluster_name="${cluster}"`);
    await eventually('the port that nobody serves is left out', async () => {
      await mesh.call('client', { url: 'http://both.example/', times: 10 });
      return (await count('outlier_detection_ejections_active')) === 1 ? true : undefined;
    });
    const failed = await count('upstream_cx_connect_fail');
    const outcomes = await mesh.call('client', { url: 'http://both.example/', times: 20 });
    assert.deepEqual(failures(outcomes), []);
    assert.equal(await count('upstream_cx_connect_fail'), failed);
  });
});

describe('TLS that the gateway speaks for its callers', () => {
  const HTTPS = { number: 443, name: 'https', protocol: 'HTTPS' };
  const rules = throughGateway('vault.example', { ports: [HTTP, HTTPS] }, 443);
  const speak = (tls: object) =>
    document('DestinationRule', 'vault', {
      host: 'vault.example',
      trafficPolicy: { portLevelSettings: [{ port: { number: 443 }, tls }] },
    });
  const url = 'http://vault.example/';

  test('is refused by a host that wants a certificate, and by the system’s list of authorities', async () => {
    await withDocuments([...rules, speak({ mode: 'SIMPLE', caCertificates: 'system' })], async () => {
      await answerOf('client', url, 503);
      await lineOf(/ 503 [A-Z,]*UF.*CERTIFICATE_VERIFY_FAILED/);
    });
  });

  test('is mutual with a certificate of a Secret, and asks for the name of the host', async () => {
    const own = await authority.issue('gateway.example');
    const secret = secretDocument('vault-client', 'istio-system', own, authority.certificate);
    const mutual = speak({
      mode: 'MUTUAL',
      credentialName: 'vault-client',
      subjectAltNames: ['vault.example'],
    });
    await withDocuments([...rules, mutual, secret], async () => {
      const told = JSON.parse((await answerOf('client', url)).body);
      assert.deepEqual([told.caller, told.serverName], ['DNS:gateway.example', 'vault.example']);
    });
    const other = speak({
      mode: 'MUTUAL',
      credentialName: 'vault-client',
      subjectAltNames: ['other.example'],
    });
    await withDocuments([...rules, other, secret], async () => {
      await answerOf('client', url, 503);
    });
  });

  test('is mutual with files of its container, and they may change', async () => {
    const [gateway = ''] = await mesh.containers(GATEWAY);
    // All else of its file system is read-only.
    const folder = '/run/lateen';
    const put = async (issuer: typeof authority, name: string) => {
      const own = await issuer.issue(name);
      const files = {
        'client.crt': own.certificate,
        'client.key': own.privateKey,
        'ca.crt': authority.certificate,
      };
      for (const [file, text] of Object.entries(files))
        await docker(['exec', '-e', `TEXT=${text}`, gateway, 'sh', '-c', `echo "$TEXT" > ${folder}/${file}`]);
    };
    await put(strangers, 'stranger.example');
    const mutual = speak({
      ...{ mode: 'MUTUAL', clientCertificate: `${folder}/client.crt`, privateKey: `${folder}/client.key` },
      ...{ caCertificates: `${folder}/ca.crt`, sni: 'vault.example' },
    });
    await withDocuments([...rules, mutual], async () => {
      await answerOf('client', url, 503);
      await put(authority, 'files.example');
      const told = JSON.parse((await answerOf('client', url)).body);
      assert.equal(told.caller, 'DNS:files.example');
    });
  });
});
