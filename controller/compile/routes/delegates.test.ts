import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Resource } from '../../../istio/resource.ts';
import type { HttpMatch, HttpRoute, VirtualServiceSpec } from '../../../istio/schema/virtual-service.ts';
import { documentOf, resourcesOf } from '../../../istio/testing/read-text.ts';
import { joinDelegates } from './delegates.ts';

type VirtualService = Resource<VirtualServiceSpec>;

function virtualService(spec: VirtualServiceSpec, name: string, namespace = 'default'): VirtualService {
  return resourcesOf(documentOf('VirtualService', spec, { name, namespace }))[0] as VirtualService;
}

/** The rules of a root whose only rule delegates to `leaf`. */
function join(
  root: Partial<HttpRoute>,
  leafRules: HttpRoute[],
  leaf: { namespace?: string; exportTo?: string[] } = {},
) {
  const namespace = leaf.namespace ?? 'default';
  const rules = [{ ...root, delegate: { name: 'leaf', ...(leaf.namespace && { namespace }) } }];
  const delegate = virtualService(
    { http: leafRules, ...(leaf.exportTo && { exportTo: leaf.exportTo }) },
    'leaf',
    namespace,
  );
  return joinDelegates(virtualService({ hosts: ['shop'], http: rules }, 'root'), (inNamespace, name) =>
    inNamespace === namespace && name === 'leaf' ? delegate : undefined,
  );
}

const route = [{ destination: { host: 'north' } }];

/** The matches of a root's match joined with a delegate's; null = they contradict each other. */
function joined(root: HttpMatch, leaf: HttpMatch): Partial<HttpMatch> | null {
  const [rule] = join({ match: [root] }, [{ match: [leaf], route }]);
  const match = rule?.rule.match?.[0];
  if (rule === undefined || !match) return null;
  return Object.fromEntries(
    Object.entries(match).filter(
      ([, value]) => value !== undefined && (typeof value !== 'object' || Object.keys(value).length > 0),
    ),
  );
}

describe('a root and its delegate', () => {
  test('a delegate takes the place of its entry, and is told where it is written', () => {
    const leaf = virtualService({ http: [{ name: 'a', route }, { route }] }, 'leaf');
    const root = virtualService(
      {
        hosts: ['shop'],
        http: [
          { name: 'r', delegate: { name: 'leaf' } },
          { name: 'last', route },
        ],
      },
      'root',
    );
    const rules = joinDelegates(root, () => leaf);
    assert.deepEqual(
      rules.map(({ rule, source, index }) => [rule.name, source.name, index]),
      [
        ['r-a', 'leaf', 0],
        ['r', 'leaf', 1],
        ['last', 'root', 1],
      ],
    );
  });

  test('a missing delegate takes only its own entry away', () => {
    const http = [{ delegate: { name: 'ghost' } }, { name: 'rest', route }];
    const rules = joinDelegates(virtualService({ hosts: ['shop'], http }, 'root'), () => undefined);
    assert.deepEqual(
      rules.map(({ rule }) => rule.name),
      ['rest'],
    );
  });

  test('a delegate must be exported to the namespace of its root', () => {
    const names = (exportTo: string[]) =>
      join({}, [{ name: 'a', route }], { namespace: 'sea', exportTo }).length;
    assert.deepEqual([['*'], ['default'], ['.'], ['sea']].map(names), [1, 1, 0, 0]);
  });

  test('short names mean the namespace of the document that holds them', () => {
    const [rule] = join(
      { mirror: { host: 'copy' } },
      [{ route, mirrors: [{ destination: { host: 'third' } }] }],
      { namespace: 'sea' },
    );
    assert.equal(rule?.rule.route?.[0]?.destination?.host, 'north.sea.svc.cluster.local');
    assert.equal(rule?.rule.mirrors?.[0]?.destination?.host, 'third.sea.svc.cluster.local');
    assert.equal(rule?.rule.mirror?.host, 'copy.default.svc.cluster.local');
  });

  test('what the delegate says wins whole, what it leaves open is inherited', () => {
    const [rule] = join(
      {
        rewrite: { uri: '/root' },
        timeout: '1s',
        retries: { attempts: 1 },
        headers: { request: { set: { 'x-root': '1' } }, response: { set: { 'x-root': '1' } } },
        corsPolicy: { allowOrigins: [{ exact: 'http://a.example' }] },
      },
      [{ route, timeout: '2s', headers: { request: { set: { 'x-leaf': '1' } } } }],
    );
    assert.deepEqual(
      [rule?.rule.timeout, rule?.rule.rewrite, rule?.rule.retries],
      ['2s', { uri: '/root' }, { attempts: 1 }],
    );
    assert.deepEqual(rule?.rule.headers, { request: { set: { 'x-leaf': '1' } } });
    assert.deepEqual(rule?.rule.corsPolicy, { allowOrigins: [{ exact: 'http://a.example' }] });
  });
});

describe('matches', () => {
  test('every match of one is joined with every match of the other', () => {
    const [rule] = join({ match: [{ uri: { prefix: '/x' } }, { uri: { prefix: '/y' } }] }, [
      { match: [{ headers: { a: { exact: '1' } } }, { uri: { prefix: '/y/1' } }], route },
    ]);
    assert.deepEqual(
      rule?.rule.match?.map((match) => [match?.uri?.prefix, match?.headers?.a?.exact]),
      [
        ['/x', '1'],
        ['/y', '1'],
        ['/y/1', undefined],
      ],
    );
  });

  test('a match that fits none of the root takes its rule away', () => {
    const rules = join({ match: [{ uri: { prefix: '/x' } }] }, [
      { name: 'gone', match: [{ uri: { prefix: '/x/1' } }, { uri: { prefix: '/z' } }], route },
      { name: 'stays', route },
    ]);
    assert.deepEqual(
      rules.map(({ rule }) => [rule.name, rule.match]),
      [['stays', [{ uri: { prefix: '/x' } }]]],
    );
  });

  test('without a match the other one holds', () => {
    const [rule] = join({}, [{ match: [{ uri: { exact: '/a' } }], route }]);
    assert.deepEqual(rule?.rule.match, [{ uri: { exact: '/a' } }]);
  });

  test('conditions are joined, names too', () => {
    assert.deepEqual(
      joined(
        { name: 'r', uri: { prefix: '/a' }, headers: { x: { exact: '1' } }, sourceLabels: { app: 'web' } },
        { name: 'l', method: { exact: 'GET' }, headers: { y: { exact: '2' } }, port: 80 },
      ),
      {
        ...{ name: 'r-l', uri: { prefix: '/a' }, method: { exact: 'GET' }, port: 80 },
        headers: { x: { exact: '1' }, y: { exact: '2' } },
        sourceLabels: { app: 'web' },
      },
    );
  });

  const contradictions: [title: string, root: HttpMatch, leaf: HttpMatch][] = [
    ['regex with anything', { uri: { regex: '/a.*' } }, { uri: { exact: '/a' } }],
    ['anything with regex', { uri: { prefix: '/a' } }, { uri: { regex: '/a.*' } }],
    ['exact with prefix', { uri: { exact: '/a' } }, { uri: { prefix: '/a' } }],
    ['exact with another exact', { uri: { exact: '/a' } }, { uri: { exact: '/b' } }],
    ['a wider prefix', { uri: { prefix: '/a/b' } }, { uri: { prefix: '/a' } }],
    ['an exact path outside', { uri: { prefix: '/a' } }, { uri: { exact: '/b' } }],
    ['another header value', { headers: { x: { exact: '1' } } }, { headers: { x: { exact: '2' } } }],
    ['another parameter', { queryParams: { q: { exact: '1' } } }, { queryParams: { q: { exact: '2' } } }],
    ['another method', { method: { exact: 'GET' } }, { method: { exact: 'POST' } }],
    ['other case', { uri: { prefix: '/a' }, ignoreUriCase: true }, { uri: { prefix: '/a/b' } }],
    ['another port', { port: 80 }, { port: 81 }],
    ['another namespace', { sourceNamespace: 'a' }, { sourceNamespace: 'b' }],
    ['no namespace where the root names one', { sourceNamespace: 'a' }, { port: 80 }],
    ['another label', { sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'b' } }],
    ['a gateway that the root leaves out', { gateways: ['mesh'] }, { gateways: ['front'] }],
  ];
  for (const [title, root, leaf] of contradictions)
    test(`contradict each other: ${title}`, () => assert.equal(joined(root, leaf), null));

  test('a narrower condition of the delegate holds', () => {
    assert.deepEqual(joined({ uri: { prefix: '/a' } }, { uri: { prefix: '/a/b' } }), {
      uri: { prefix: '/a/b' },
    });
    assert.deepEqual(joined({ uri: { prefix: '/a' } }, { uri: { exact: '/a/b' } }), {
      uri: { exact: '/a/b' },
    });
    assert.deepEqual(joined({ gateways: ['mesh', 'front'] }, { gateways: ['front'] }), {
      gateways: ['default/front'],
    });
  });
});
