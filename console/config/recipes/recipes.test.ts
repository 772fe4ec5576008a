import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyze, type KnownServices } from '../../../istio/analyze.ts';
import { parseDocuments } from '../../../istio/parse-documents.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { Known, KnownService } from '../known.ts';
import { filledIn, problemOf, type Values } from './recipe.ts';
import { RECIPES } from './recipes.ts';

const service = (host: string, more: Partial<KnownService> = {}): KnownService => ({
  host,
  hostname: host.includes('.') ? host : `${host}.default.svc.cluster.local`,
  kind: 'service',
  ports: [9080],
  versions: [],
  subsets: [],
  destinationRules: [],
  virtualServices: [],
  mtls: 'UNSET',
  selector: { app: host },
  ...more,
});

const GATEWAY = 'istio-ingressgateway.istio-system.svc.cluster.local';
const KNOWN: Known = {
  services: [
    service('details'),
    service('reviews', { versions: ['v1', 'v2', 'v3'] }),
    service('cart.shop.svc.cluster.local', { ports: [80, 8080], selector: { app: 'cart' } }),
    service(GATEWAY, { kind: 'gateway', selector: { istio: 'ingressgateway' } }),
  ],
  gateways: [],
  namespaces: ['default', 'istio-system', 'shop'],
};

const workload = (id: string, labels: Record<string, string>, namespace = 'default') => ({
  id,
  name: id,
  namespace,
  labels,
  proxy: 'sidecar' as const,
});

/** The mesh that these services stand for. */
const MESH: KnownServices = {
  workloads: [
    workload('details', { app: 'details' }),
    ...['v1', 'v2', 'v3'].map((version) => workload(`reviews-${version}`, { app: 'reviews', version })),
    workload('cart', { app: 'cart' }, 'shop'),
    { ...workload('gate', { istio: 'ingressgateway' }, 'istio-system'), proxy: 'gateway' },
  ],
  services: [
    { hostname: 'details.default.svc.cluster.local', ports: [{ number: 9080 }], members: ['details'] },
    {
      hostname: 'reviews.default.svc.cluster.local',
      ports: [{ number: 9080 }],
      members: ['reviews-v1', 'reviews-v2', 'reviews-v3'],
    },
    {
      hostname: 'cart.shop.svc.cluster.local',
      ports: [{ number: 80 }, { number: 8080 }],
      members: ['cart'],
    },
    {
      hostname: GATEWAY,
      ports: [
        { number: 80, targetPort: 8080 },
        { number: 443, targetPort: 8443 },
      ],
      members: ['gate'],
    },
  ],
  credentials: ['istio-system/shop-credential'],
};

function fill(id: string, values: Values = {}) {
  const recipe = RECIPES.find((each) => each.id === id);
  assert.ok(recipe);
  const fields = recipe.fields(KNOWN, values);
  const filled = filledIn(fields, values);
  for (const field of fields)
    assert.equal(problemOf(field, filled[field.name] ?? ''), '', `${id} ${field.name}`);
  return recipe.build(KNOWN, filled);
}

/** Resources of a recipe; it must be without a fault by itself and in the mesh. */
function made(id: string, values: Values = {}): readonly Resource[] {
  const { text, file } = fill(id, values);
  const { resources, violations } = parseDocuments(text, file);
  assert.deepEqual([...violations, ...analyze(resources, MESH)], [], text);
  assert.match(text, /^# .*\napiVersion/);
  return resources;
}

const specOf = (resources: readonly Resource[], kind: string) => {
  const found = resources.find((each) => each.kind === kind);
  return JSON.parse(JSON.stringify(found?.spec ?? null));
};

describe('a wizard', () => {
  for (const { id, title } of RECIPES)
    it(`gives YAML without a fault as it is first shown: ${title}`, () => {
      assert.ok(made(id).length > 0);
    });

  it('shifts traffic by shares that sum to 100, and makes the subsets that are missing', () => {
    const values = { service: 'reviews', 'share:v1': '3', 'share:v2': '1', 'share:v3': '0' };
    const resources = made('traffic-shift', values);
    assert.deepEqual(specOf(resources, 'VirtualService').http[0].route, [
      { destination: { host: 'reviews', subset: 'v1' }, weight: 75 },
      { destination: { host: 'reviews', subset: 'v2' }, weight: 25 },
    ]);
    assert.deepEqual(specOf(resources, 'DestinationRule').subsets, [
      { name: 'v1', labels: { version: 'v1' } },
      { name: 'v2', labels: { version: 'v2' } },
    ]);
  });

  it('uses the subsets that are there, and tells of a VirtualService that acts already', () => {
    const recipe = RECIPES.find(({ id }) => id === 'traffic-shift');
    const known: Known = {
      ...KNOWN,
      services: [
        service('reviews', {
          versions: ['v1'],
          subsets: ['v1', 'v2'],
          destinationRules: [{ label: 'r', file: 'r.yaml' }],
          virtualServices: [{ label: 'old', file: 'old.yaml' }],
        }),
      ],
    };
    const built = recipe?.build(known, { service: 'reviews', 'share:v1': '50', 'share:v2': '50' });
    assert.doesNotMatch(built?.text ?? '', /DestinationRule/);
    assert.deepEqual(built?.notes, [
      {
        text: 'There is old already, a VirtualService, and the older one acts alone. Rather edit that one.',
        file: 'old.yaml',
      },
    ]);
  });

  it('routes by any header, and quotes what YAML would read as something else', () => {
    const [route] = specOf(
      made('request-routing', { header: 'X-Beta', value: 'on', special: 'v3', usual: 'v1' }),
      'VirtualService',
    ).http;
    assert.deepEqual(route.match, [{ headers: { 'x-beta': { exact: 'on' } } }]);
    assert.equal(route.route[0].destination.subset, 'v3');
    const hostile = 'a: b # "c"\n- d';
    const [quoted] = specOf(made('request-routing', { value: hostile }), 'VirtualService').http;
    assert.equal(quoted.match[0].headers['end-user'].exact, hostile);
  });

  it('makes faults of both kinds, for all or for a header', () => {
    const abort = specOf(made('fault', { what: 'abort', status: '418', percent: '0.5' }), 'VirtualService');
    assert.deepEqual(abort.http[0].fault, { abort: { percentage: { value: 0.5 }, httpStatus: 418 } });
    const some = specOf(made('fault', { header: 'End-User: jason' }), 'VirtualService').http;
    assert.deepEqual(some[0].match, [{ headers: { 'end-user': { exact: 'jason' } } }]);
    assert.equal(some[1].fault, undefined);
  });

  it('sets timeouts with retries and without', () => {
    const [route] = specOf(made('timeout', { attempts: '0', timeout: '3s' }), 'VirtualService').http;
    assert.deepEqual([route.timeout, route.retries], ['3s', { attempts: 0 }]);
    const [open] = specOf(made('timeout', { perTry: '', retryOn: '5xx' }), 'VirtualService').http;
    assert.deepEqual(open.retries, { attempts: 2, retryOn: '5xx' });
  });

  it('asks for certificates in a mesh, a namespace and a service', () => {
    const where = (values: Values) => {
      const [resource] = made('mtls', values);
      return [
        resource?.namespace,
        resource?.name,
        JSON.stringify(specOf(resource ? [resource] : [], 'PeerAuthentication')),
      ];
    };
    assert.deepEqual(where({}), ['istio-system', 'default', '{"mtls":{"mode":"STRICT"}}']);
    assert.deepEqual(where({ service: 'namespace shop' }).slice(0, 2), ['shop', 'default']);
    assert.deepEqual(where({ service: 'cart.shop.svc.cluster.local', mode: 'DISABLE' }), [
      'shop',
      'cart-shop',
      '{"selector":{"matchLabels":{"app":"cart"}},"mtls":{"mode":"DISABLE"}}',
    ]);
  });

  it('lets callers in by HTTP and HTTPS', () => {
    const values = {
      protocol: 'HTTPS',
      host: 'shop.example.com',
      path: '/cart',
      service: 'cart.shop.svc.cluster.local',
      port: '8080',
    };
    const resources = made('ingress', values);
    assert.deepEqual(specOf(resources, 'Gateway').servers[0].tls, {
      mode: 'SIMPLE',
      credentialName: 'shop-credential',
    });
    assert.deepEqual(specOf(resources, 'VirtualService').http[0], {
      match: [{ uri: { prefix: '/cart' } }],
      route: [{ destination: { host: 'cart.shop.svc.cluster.local', port: { number: 8080 } } }],
    });
  });

  for (const protocol of ['TLS', 'HTTP', 'ORIGINATE', 'TCP'])
    it(`makes a host outside known: ${protocol}`, () => {
      assert.ok(made('egress', { protocol, host: 'db.example.com' }).length > 0);
    });

  it('says what is wrong with a field', () => {
    const field = (kind: 'percent' | 'duration' | 'number' | 'host') => ({
      name: 'a',
      label: '',
      help: '',
      kind,
      initial: '',
    });
    for (const [kind, bad] of [
      ['percent', '101'],
      ['duration', '5'],
      ['duration', '0s'],
      ['number', '1.5'],
      ['host', 'http://x'],
      ['host', 'a b'],
      ['number', ''],
    ] as const)
      assert.notEqual(problemOf(field(kind), bad), '', `${kind} ${bad}`);
    for (const good of ['*', '*.example.com', 'a', 'shop.example.com'])
      assert.equal(problemOf(field('host'), good), '');
  });
});
