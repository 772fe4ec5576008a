import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_MESH_CONFIG } from '../istio/mesh-config.ts';
import type { Resource } from '../istio/resource.ts';
import { documentOf, resourcesOf } from '../istio/testing/read-text.ts';
import { LABEL } from '../model/labels.ts';
import { RESOURCE_KINDS } from '../model/snapshot.ts';
import { compileSnapshot } from './compile/compile-snapshot.ts';
import { indexWorld, type WorldIndex } from './compile/world-index.ts';
import { containerFacts } from './testing/container-facts.ts';
import { buildWorld, type WorldInput } from './world/build-world.ts';
import type { ContainerFacts } from './world/container-facts.ts';

/** What an edit of the one file leaves in force: some of these. */
const DOCUMENTS: readonly Resource[] = [
  documentOf('VirtualService', {
    hosts: ['a'],
    http: [
      { match: [{ uri: { prefix: '/b' } }], route: [{ destination: { host: 'b' } }] },
      { route: [{ destination: { host: 'a', subset: 'v1' } }] },
    ],
  }),
  documentOf(
    'VirtualService',
    { hosts: ['t'], tcp: [{ route: [{ destination: { host: 'b' } }] }] },
    named('tcp'),
  ),
  documentOf(
    'VirtualService',
    { hosts: ['b.example'], gateways: ['entrance'], http: [{ route: [{ destination: { host: 'b' } }] }] },
    named('way-in'),
  ),
  documentOf(
    'Gateway',
    {
      selector: { app: 'gate' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
    named('entrance'),
  ),
  documentOf('DestinationRule', {
    host: 'a',
    subsets: [
      { name: 'v1', labels: { version: 'v1' } },
      { name: 'v2', labels: { version: 'v2' } },
    ],
    trafficPolicy: { outlierDetection: {}, loadBalancer: { localityLbSetting: {} } },
  }),
  documentOf(
    'DestinationRule',
    { host: 'b', trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: 'user' } } } },
    named('hashes'),
  ),
  documentOf('PeerAuthentication', {
    selector: { matchLabels: { app: 'b' } },
    mtls: { mode: 'STRICT' },
    portLevelMtls: { 80: { mode: 'DISABLE' } },
  }),
  documentOf('Sidecar', {
    workloadSelector: { labels: { app: 'a' } },
    egress: [
      { port: { number: 80, name: 'h', protocol: 'HTTP' }, hosts: ['./b.default.svc.cluster.local'] },
      { hosts: ['*/t.default.svc.cluster.local', 'far/*'] },
    ],
  }),
  documentOf('ServiceEntry', {
    hosts: ['outside.example'],
    ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
    resolution: 'STATIC',
    location: 'MESH_INTERNAL',
    workloadSelector: { labels: { app: 'b' } },
  }),
  documentOf(
    'ServiceEntry',
    {
      hosts: ['outside.example'],
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      resolution: 'DNS',
    },
    { name: 'rival', namespace: 'far' },
  ),
  documentOf('AuthorizationPolicy', { rules: [{ from: [{ source: { namespaces: ['default'] } }] }] }),
].flatMap(resourcesOf);

function named(name: string) {
  return { name };
}

/** Containers of three services, one with bytes that are no HTTP, and a gateway. */
const NAMES = ['a-1', 'a-2', 'b-1', 'b-2', 't-1', 'gate'];
const PORTS: Readonly<Record<string, string>> = { a: 'http:80', b: 'http:80,grpc:81,auto:82', t: 'tcp:90' };

interface Edit {
  readonly name: string;
  readonly isThere: boolean;
  readonly version: string;
  readonly health: ContainerFacts['health'];
  readonly network: string;
  readonly namespace: string;
  readonly locality: string;
  readonly isHeadless: boolean;
  readonly open: readonly number[] | null;
  /** Which documents are in force after it. */
  readonly documents: readonly Resource[];
}

const edits = fc.record<Edit>({
  name: fc.constantFrom(...NAMES),
  isThere: fc.boolean(),
  version: fc.constantFrom('v1', 'v2'),
  health: fc.constantFrom('none', 'starting', 'unhealthy'),
  network: fc.constantFrom('net', 'other'),
  namespace: fc.constantFrom('default', 'default', 'far'),
  locality: fc.constantFrom('', 'r1.z1', 'r2.z1'),
  isHeadless: fc.boolean(),
  open: fc.constantFrom(null, [80], []),
  documents: fc.subarray([...DOCUMENTS]),
});

function factsOf(edit: Edit): ContainerFacts {
  const [service = ''] = edit.name.split('-');
  const facts = containerFacts(edit.name, NAMES.indexOf(edit.name) + 1, {
    [LABEL.composeService]: service,
    [LABEL.app]: service,
    [LABEL.version]: edit.version,
    [LABEL.namespace]: edit.namespace,
    [LABEL.locality]: edit.locality,
    [LABEL.ports]: PORTS[service] ?? '',
    ...(edit.isHeadless && { [LABEL.headless]: 'true' }),
    ...(service === 'gate' && { [LABEL.role]: 'gateway' }),
  });
  const [network] = facts.networks;
  return {
    ...facts,
    health: edit.health,
    networks: network === undefined ? [] : [{ ...network, id: edit.network }],
  };
}

/** Everything that every proxy gets, as plain data whose order says nothing. */
function snapshotsOf(index: WorldIndex) {
  const sorted = (map: ReadonlyMap<string, object>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return index.world.workloads
    .filter(({ proxy }) => proxy !== null)
    .map((proxy) => {
      const { resources } = compileSnapshot(index, proxy);
      return [proxy.id, RESOURCE_KINDS.map((kind) => [kind, sorted(resources[kind])])];
    });
}

test('after any edits of containers and documents proxies get what a controller that has just started would give them', () => {
  fc.assert(
    fc.property(fc.array(edits, { minLength: 2, maxLength: 8 }), (steps) => {
      const containers = new Map<string, ContainerFacts>();
      const open = new Map<string, readonly number[] | null>();
      let index: WorldIndex | null = null;
      for (const edit of steps) {
        if (edit.isThere) containers.set(edit.name, factsOf(edit));
        else containers.delete(edit.name);
        open.set(edit.name, edit.open);
        const input: WorldInput = {
          membership: { meshId: 'shop', project: 'shop' },
          mesh: DEFAULT_MESH_CONFIG,
          containers: containers.values(),
          openPorts: ({ id }) => open.get(id) ?? null,
          resources: edit.documents,
        };
        const { world } = buildWorld(input);
        index = indexWorld(world, index);
        assert.deepEqual(snapshotsOf(index), snapshotsOf(indexWorld(structuredClone(world))));
      }
    }),
    { numRuns: 150 },
  );
});
