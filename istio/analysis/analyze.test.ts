import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { createTestAuthority } from '../../base/certificate.fixture.ts';
import { analyze, type KnownServices } from '../analyze.ts';
import { documentOf, resourcesOf } from '../testing/read-text.ts';
import { credentialFault } from './credentials.ts';

const workload = (id: string, labels: Record<string, string>, namespace = 'default') => ({
  id,
  name: id,
  namespace,
  labels,
});

const GATE = { istio: 'ingressgateway', 'com.docker.compose.service': 'istio-ingressgateway' };
const KNOWN: KnownServices = {
  workloads: [
    workload('reviews-v1', { app: 'reviews', version: 'v1' }),
    { ...workload('gate', GATE, 'istio-system'), proxy: 'gateway' },
  ],
  services: [
    {
      hostname: 'reviews.default.svc.cluster.local',
      ports: [{ number: 9080, targetPort: 9080 }],
      members: ['reviews-v1'],
    },
    {
      hostname: 'istio-ingressgateway.istio-system.svc.cluster.local',
      ports: [
        { number: 80, targetPort: 8080 },
        { number: 443, targetPort: 8443 },
      ],
      members: ['gate'],
    },
  ],
};

/** `IST0101 VirtualService default/a spec.http[0]…`, sorted by appearance. */
function found(known: KnownServices | null, ...documents: string[]): string[] {
  return analyze(resourcesOf(documents.join('---\n')), known).map(
    ({ code, resource, path }) => `${code} ${resource} ${path}`,
  );
}

const rule = (name: string, spec: object, metadata: object = {}) =>
  documentOf('VirtualService', spec, { name, ...metadata });
const to = (host: string, more: object = {}) => [{ route: [{ destination: { host, ...more } }] }];
const gateway = (name: string, servers: object[], selector: object = { istio: 'ingressgateway' }) =>
  documentOf('Gateway', { selector, servers }, { name });
const http = { port: { number: 8080, name: 'http', protocol: 'HTTP' }, hosts: ['*'] };

describe('destinations', () => {
  it('that are known are not complained of', () => {
    const subset = documentOf('DestinationRule', {
      host: 'reviews',
      subsets: [{ name: 'v1', labels: { version: 'v1' } }],
    });
    const full = 'reviews.default.svc.cluster.local';
    assert.deepEqual(
      found(KNOWN, rule('a', { hosts: ['reviews'], http: to(full, { subset: 'v1' }) }), subset),
      [],
    );
  });

  it('that are not get a remedy', () => {
    const [violation] = analyze(resourcesOf(rule('a', { hosts: ['a'], http: to('review') })), KNOWN);
    assert.equal(violation?.message, 'Referenced host not found: "review"');
    assert.equal(
      violation?.remedy,
      'No service is called review.default.svc.cluster.local: requests get 503 (NC). Did you mean "reviews"?',
    );
    assert.equal(violation?.line, 11);
  });

  it('cannot be found missing without a running mesh', () => {
    const text = rule('a', { hosts: ['a'], http: to('ghost') });
    assert.deepEqual(found(null, text), []);
    const service = documentOf('Service', { ports: [{ port: 80, name: 'http' }] }, { name: 'other' });
    assert.deepEqual(found(null, text, service), [], 'not by a document of another service either');
  });

  it('need subsets that are defined, also without a running mesh', () => {
    const text = rule('a', { hosts: ['a'], http: to('ghost', { subset: 'v1' }) });
    assert.deepEqual(found(null, text), [
      'IST0101 VirtualService default/a spec.http[0].route[0].destination.subset',
    ]);
  });

  it('are looked at in mirrors, tls and tcp, too', () => {
    const text = rule('a', {
      hosts: ['reviews', 'x.example'],
      http: [{ ...to('reviews')[0], mirror: { host: 'ghost' } }],
      tls: [{ match: [{ sniHosts: ['x.example'] }], ...to('ghost')[0] }],
      tcp: to('ghost'),
    });
    assert.deepEqual(found(KNOWN, text), [
      'IST0101 VirtualService default/a spec.http[0].mirror.host',
      'IST0101 VirtualService default/a spec.tls[0].route[0].destination.host',
      'IST0101 VirtualService default/a spec.tcp[0].route[0].destination.host',
    ]);
  });

  it('may be hosts of a ServiceEntry, wildcards included', () => {
    const entry = documentOf('ServiceEntry', {
      hosts: ['*.example.com'],
      ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
    });
    assert.deepEqual(found(KNOWN, rule('a', { hosts: ['a'], http: to('api.example.com') }), entry), []);
  });

  it('are those of the own namespace, where others have the same host', () => {
    const entry = (namespace: string, number: number) =>
      documentOf(
        'ServiceEntry',
        {
          ...{ hosts: ['api.example.com'], resolution: 'DNS', exportTo: ['.'] },
          ports: [{ number, name: 'http', protocol: 'HTTP' }],
        },
        { name: 'api', namespace },
      );
    const calling = (port: number) =>
      rule('a', {
        ...{ hosts: ['a'] },
        http: [{ route: [{ destination: { host: 'api.example.com', port: { number: port } } }] }],
      });
    const entries = [entry('other', 80), entry('default', 8080)];
    assert.deepEqual(found(KNOWN, calling(8080), ...entries), []);
    assert.deepEqual(found(KNOWN, calling(80), ...entries), [
      'IST0101 VirtualService default/a spec.http[0].route[0].destination.port',
    ]);
  });

  it('are invisible where they are not exported', () => {
    const entry = documentOf(
      'ServiceEntry',
      {
        hosts: ['api.example.com'],
        exportTo: ['.'],
        ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      },
      { name: 'api', namespace: 'other' },
    );
    assert.deepEqual(found(KNOWN, rule('a', { hosts: ['a'], http: to('api.example.com') }), entry), [
      'IST0101 VirtualService default/a spec.http[0].route[0].destination.host',
    ]);
  });
});

describe('two VirtualServices for one host', () => {
  const twice = (a: object, b: object) =>
    found(
      null,
      rule('a', { hosts: ['reviews'], http: to('reviews'), ...a }),
      rule('b', { hosts: ['reviews.default.svc.cluster.local'], http: to('reviews'), ...b }),
    );

  it('are both told, with the place of the other and which is in force', () => {
    const violations = analyze(
      resourcesOf(
        [
          rule('a', { hosts: ['reviews'], http: to('reviews') }),
          rule('b', { hosts: ['reviews'], http: to('reviews') }),
        ].join('---\n'),
      ),
      null,
    );
    assert.deepEqual(
      violations.map(({ code, resource }) => `${code} ${resource}`),
      ['IST0109 VirtualService default/a', 'IST0109 VirtualService default/b'],
    );
    assert.match(
      violations[0]?.message ?? '',
      /default\/a \(mesh\/test\.yaml:1\), default\/b \(mesh\/test\.yaml:13\)/,
    );
    assert.match(violations[0]?.remedy ?? '', /^This one is the older and in force/);
    assert.match(violations[1]?.remedy ?? '', /^Only default\/a is in force/);
  });

  it('do not meet at different gateways or in different namespaces', () => {
    assert.equal(twice({}, {}).length, 2);
    assert.deepEqual(twice({ exportTo: ['x'] }, { exportTo: ['y'] }), []);
    assert.equal(twice({ exportTo: ['x'] }, {}).length, 2);
    assert.deepEqual(
      twice({}, { gateways: ['front'] }).filter((line) => line.startsWith('IST0109')),
      [],
    );
    assert.equal(twice({}, { gateways: ['mesh'] }).length, 2);
  });
});

describe('gateways', () => {
  it('must be there, and have the host', () => {
    const lines = found(
      KNOWN,
      gateway('front', [{ ...http, hosts: ['a.example', 'other/b.example'] }]),
      rule('a', { hosts: ['b.example'], gateways: ['front', 'ghost', 'mesh'], http: to('reviews') }),
    );
    assert.deepEqual(lines, [
      'IST0132 VirtualService default/a spec.gateways[0]',
      'IST0101 VirtualService default/a spec.gateways[1]',
    ]);
  });

  it('need containers, and ports that are published', () => {
    assert.deepEqual(found(KNOWN, gateway('front', [http])), []);
    assert.deepEqual(
      found(KNOWN, gateway('front', [{ ...http, port: { number: 9999, name: 'x', protocol: 'HTTP' } }])),
      ['IST0162 Gateway default/front spec.servers[0].port.number'],
    );
    const unpublished = gateway('front', [{ ...http, port: { number: 9999, name: 'x', protocol: 'HTTP' } }]);
    const [violation] = analyze(resourcesOf(unpublished), KNOWN);
    assert.match(
      violation?.remedy ?? '',
      /`services: \{ istio-ingressgateway: \{ ports: \["127\.0\.0\.1:9999:9999"\] \} \}` into compose\.override\.yml .*`docker compose up -d`/,
    );
    assert.deepEqual(found(KNOWN, gateway('front', [http], { istio: 'egressgateway' })), [
      'IST0101 Gateway default/front spec.selector',
    ]);
  });

  it('of one port and host are rivals, of different ones not', () => {
    assert.deepEqual(found(KNOWN, gateway('a', [http]), gateway('b', [http])), [
      'IST0145 Gateway default/a spec.servers[0]',
      'IST0145 Gateway default/b spec.servers[0]',
    ]);
    assert.deepEqual(
      found(KNOWN, gateway('a', [http]), gateway('b', [{ ...http, hosts: ['b.example'] }])),
      [],
    );
  });

  it('warn of one certificate in two', () => {
    const https = (host: string) => ({
      port: { number: 443, name: 'https', protocol: 'HTTPS' },
      hosts: [host],
      tls: { mode: 'SIMPLE', credentialName: 'c' },
    });
    const known = { ...KNOWN, credentials: ['istio-system/c'] };
    assert.deepEqual(found(known, gateway('a', [https('a.b')]), gateway('b', [https('c.d')])), [
      'IST0138 Gateway default/a spec.servers[0].tls',
      'IST0138 Gateway default/b spec.servers[0].tls',
    ]);
  });

  it('do not ask the subsets of the mesh', () => {
    const lines = found(
      null,
      gateway('front', [http]),
      rule('outside', { hosts: ['*'], gateways: ['front'], http: to('reviews') }),
      rule('inside', { hosts: ['reviews'], http: to('reviews', { subset: 'v1' }) }),
      documentOf('DestinationRule', { host: 'reviews', subsets: [{ name: 'v1' }] }),
    );
    assert.deepEqual(lines, [
      'IST0140 VirtualService default/outside spec.http[0].route[0].destination.host',
    ]);
  });

  it('read claims only with a RequestAuthentication', () => {
    const match = [{ headers: { '@request.auth.claims.role': { exact: 'admin' } } }];
    const documents = [
      gateway('front', [http]),
      rule('a', { hosts: ['*'], gateways: ['front'], http: [{ ...to('reviews')[0], match }] }),
    ];
    assert.equal(found(KNOWN, ...documents)[0]?.slice(0, 32), 'IST0149 VirtualService default/a');
    const selector = { matchLabels: { istio: 'ingressgateway' } };
    const authentication = documentOf(
      'RequestAuthentication',
      { selector, jwtRules: [{ issuer: 'x', jwksUri: 'https://x.example/j' }] },
      { name: 'a', namespace: 'istio-system' },
    );
    assert.deepEqual(found(KNOWN, ...documents, authentication), []);
  });
});

describe('credentials', () => {
  const https = gateway('front', [
    {
      port: { number: 443, name: 'https', protocol: 'HTTPS' },
      hosts: ['*'],
      tls: { mode: 'SIMPLE', credentialName: 'shop' },
    },
  ]);
  const secret = (namespace: string) =>
    documentOf('Secret', { stringData: { 'tls.crt': 'x', 'tls.key': 'y' } }, { name: 'shop', namespace });

  it('are looked for where the gateway is', () => {
    const [violation] = analyze(resourcesOf([https, secret('default')].join('---\n')), KNOWN);
    assert.equal(violation?.message, 'Referenced credentialName not found: "shop"');
    assert.match(violation?.remedy ?? '', /There is one in default: give it `namespace: istio-system`/);
    assert.deepEqual(found({ ...KNOWN, credentials: ['istio-system/shop'] }, https), []);
  });

  it('must hold a certificate', async () => {
    assert.deepEqual(found(KNOWN, https, secret('istio-system')), [
      'IST0161 Gateway default/front spec.servers[0].tls.credentialName',
    ]);
    const { certificate, privateKey: key } = await (await createTestAuthority()).issue('shop.example');
    const whole = { stringData: { 'tls.crt': certificate, 'tls.key': key } };
    assert.equal(credentialFault(whole, Date.UTC(2030, 0)), null);
    assert.match(credentialFault(whole, Date.UTC(2101, 0)) ?? '', /^it expired on Jan +1 .* 2100 GMT$/);
    assert.equal(credentialFault({}), 'it has no tls.crt');
    assert.equal(credentialFault({ data: { 'tls.crt': 'eA==' } }), 'it has no tls.key');
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    assert.notEqual(credentialFault({ stringData: { 'tls.crt': 'no PEM', 'tls.key': privateKey } }), null);
  });
});

describe('DestinationRules', () => {
  it('hint at the label that was meant', () => {
    const remedy = (labels: object) =>
      analyze(
        resourcesOf(documentOf('DestinationRule', { host: 'reviews', subsets: [{ name: 'x', labels }] })),
        KNOWN,
      )[0]?.remedy;
    assert.match(remedy({ verison: 'v1' }) ?? '', /Did you mean "version" by "verison"\?/);
    assert.match(remedy({ version: 'v9' }) ?? '', /There are: version=v1\./);
  });

  it('may be for wildcards that some service has', () => {
    assert.deepEqual(
      found(KNOWN, documentOf('DestinationRule', { host: '*.default.svc.cluster.local' })),
      [],
    );
    assert.deepEqual(found(KNOWN, documentOf('DestinationRule', { host: '*.example.com' })), [
      'IST0174 DestinationRule default/test spec.host',
    ]);
  });
});

describe('delegates', () => {
  it('must be there, without hosts, and named by someone', () => {
    const root = (name: string) => ({ hosts: ['a'], http: [{ delegate: { name } }] });
    const codes = (...documents: string[]) => found(null, ...documents);
    assert.deepEqual(codes(rule('root', root('leaf')), rule('leaf', { http: to('a') })), []);
    assert.deepEqual(codes(rule('root', root('ghost'))), [
      'IST0101 VirtualService default/root spec.http[0].delegate',
    ]);
    assert.deepEqual(codes(rule('root', root('leaf')), rule('leaf', { hosts: ['b'], http: to('a') })), [
      'IST0101 VirtualService default/root spec.http[0].delegate',
    ]);
    assert.deepEqual(codes(rule('leaf', { http: to('a') })), ['LAT0201 VirtualService default/leaf spec']);
  });
});

describe('what a workload has one of', () => {
  const sidecar = (name: string, labels?: object) =>
    documentOf(
      'Sidecar',
      { egress: [{ hosts: ['./*'] }], ...(labels === undefined ? {} : { workloadSelector: { labels } }) },
      { name },
    );

  it('is told where it has two', () => {
    const app = { app: 'reviews' };
    assert.deepEqual(found(KNOWN, sidecar('a', app), sidecar('b', app)), [
      'IST0110 Sidecar default/a metadata.name',
      'IST0110 Sidecar default/b metadata.name',
    ]);
    assert.deepEqual(found(KNOWN, sidecar('a'), sidecar('b')), [
      'IST0111 Sidecar default/a metadata.name',
      'IST0111 Sidecar default/b metadata.name',
    ]);
    assert.deepEqual(found(KNOWN, sidecar('a'), sidecar('b', app)), []);
  });

  it('is told of Telemetry, too', () => {
    const telemetry = (name: string) =>
      documentOf('Telemetry', { accessLogging: [{ providers: [{ name: 'envoy' }] }] }, { name });
    assert.deepEqual(found(KNOWN, telemetry('a'), telemetry('b')), [
      'IST0160 Telemetry default/a metadata.name',
      'IST0160 Telemetry default/b metadata.name',
    ]);
    assert.deepEqual(found(null, documentOf('Telemetry', { accessLogging: [{}] })), [
      'IST0157 Telemetry default/test spec.accessLogging[0]',
    ]);
  });

  it('is told of providers that are not there, or cannot be used', () => {
    const telemetry = (name: string) => documentOf('Telemetry', { tracing: [{ providers: [{ name }] }] });
    const mesh = (provider: object) =>
      documentOf('MeshConfig', { extensionProviders: [{ name: 'mine', ...provider }] }, { name: 'mesh' });
    const at = 'LAT0210 Telemetry default/test spec.tracing[0].providers[0].name';
    const zipkin = (service: string) => mesh({ zipkin: { service, port: 9411 } });
    assert.deepEqual(found(null, telemetry('lateen')), []);
    assert.deepEqual(found(null, telemetry('mine')), [at]);
    assert.deepEqual(found(null, telemetry('mine'), zipkin('zipkin')), []);
    assert.deepEqual(found(KNOWN, telemetry('mine'), zipkin('zipkin')), [at]);
    assert.deepEqual(found(null, telemetry('mine'), mesh({ prometheus: {} })), [at]);
  });
});

describe('policies', () => {
  it('are told where nothing enforces them', () => {
    const policy = (labels: object) =>
      documentOf('AuthorizationPolicy', { selector: { matchLabels: labels }, rules: [{}] });
    assert.deepEqual(found(KNOWN, policy({ app: 'reviews' })), []);
    const outside = { ...KNOWN, workloads: [{ ...workload('db', { app: 'db' }), proxy: null }] };
    const [violation] = analyze(resourcesOf(policy({ app: 'db' })), outside);
    assert.equal(violation?.code, 'IST0127');
    assert.match(violation?.remedy ?? '', /db has them, but is not in the mesh/);
  });
});

describe('CUSTOM policies', () => {
  const custom = documentOf(
    'AuthorizationPolicy',
    { action: 'CUSTOM', provider: { name: 'door' }, rules: [{}] },
    { name: 'ask', namespace: 'istio-system' },
  );
  const mesh = (provider: object) =>
    documentOf('MeshConfig', { extensionProviders: [{ name: 'door', ...provider }] });
  const told = ['LAT0206 AuthorizationPolicy istio-system/ask spec.provider.name'];

  it('need a provider that is known and can be asked', () => {
    assert.deepEqual(found(null, custom), told);
    const http = { service: 'door', port: 80 };
    assert.deepEqual(found(null, custom, mesh({ envoyExtAuthzHttp: http })), []);
    assert.deepEqual(found(KNOWN, custom, mesh({ envoyExtAuthzHttp: http })), told);
    assert.deepEqual(found(null, custom, mesh({ envoyExtAuthzGrpc: http })), []);
    assert.deepEqual(found(null, custom, mesh({ zipkin: http })), told);
    const reviews = { service: 'reviews', port: 9080 };
    assert.deepEqual(found(KNOWN, custom, mesh({ envoyExtAuthzGrpc: reviews })), []);
    assert.deepEqual(found(KNOWN, custom, mesh({ envoyExtAuthzGrpc: { ...reviews, port: 1 } })), told);
  });
});

describe('ServiceEntries', () => {
  const entry = (name: string, spec: object) =>
    documentOf('ServiceEntry', { hosts: ['db.example'], ...spec }, { name });

  it('need addresses for TCP where they get none', () => {
    const ports = [{ number: 5432, name: 'tcp', protocol: 'TCP' }];
    assert.deepEqual(found(null, entry('a', { ports })), ['IST0134 ServiceEntry default/a spec.ports[0]']);
    assert.deepEqual(found(null, entry('a', { ports, resolution: 'DNS' })), []);
    assert.deepEqual(found(null, entry('a', { ports, addresses: ['10.0.0.1'] })), []);
  });

  it('must agree on a port', () => {
    const port = (protocol: string) => ({ resolution: 'DNS', ports: [{ number: 80, name: 'x', protocol }] });
    assert.deepEqual(found(null, entry('a', port('HTTP')), entry('b', port('TCP'))), [
      'IST0177 ServiceEntry default/a spec.ports[0].protocol',
      'IST0177 ServiceEntry default/b spec.ports[0].protocol',
    ]);
  });
});

describe('annotations', () => {
  const annotated = (name: string) =>
    found(
      null,
      documentOf('DestinationRule', { host: 'a' }, { name: 'a', annotations: { [name]: 'x' } }),
    )[0]?.slice(0, 7);

  it('are told where they have no effect', () => {
    assert.equal(annotated('sidecar.istio.io/inject'), 'IST0107');
    assert.equal(annotated('networking.istio.io/exportTo'), 'IST0107');
    assert.equal(annotated('networking.istio.io/exportsTo'), 'IST0108');
    assert.equal(annotated('lateen.cache'), 'IST0107');
    const api = { hosts: ['api.example'], resolution: 'DNS' };
    const entry = { ...api, ports: [{ number: 80, name: 'http', protocol: 'HTTP' }] };
    const cached = { name: 'api', annotations: { 'lateen.cache': 'disk' } };
    assert.deepEqual(found(null, documentOf('ServiceEntry', entry, cached)), []);
    assert.equal(annotated('lateen.cash'), 'IST0108');
    assert.equal(annotated('example.com/any'), undefined);
  });

  it('suppress what they name', () => {
    const text = (codes: string) =>
      rule(
        'a',
        { hosts: ['a'], http: to('ghost') },
        { annotations: { 'galley.istio.io/analyze-suppress': codes } },
      );
    assert.deepEqual(found(KNOWN, text('IST0108, IST0101')), []);
    assert.deepEqual(found(KNOWN, text('*')), []);
    assert.equal(found(KNOWN, text('IST0109')).length, 1);
  });
});
