import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDocuments } from './parse-documents.ts';
import type { Resource } from './resource.ts';
import type { VirtualServiceSpec } from './schema/virtual-service.ts';
import { read } from './testing/read-text.ts';

const REVIEWS = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
    - route:
        - destination: { host: reviews }
`;

const httpOf = ([first]: readonly Resource[]) => (first?.spec as VirtualServiceSpec | undefined)?.http?.[0];

const named = (name: string) => REVIEWS.replace('name: reviews', `name: ${name}`);
const names = (text: string | Buffer) =>
  parseDocuments(text, 'a.yaml').resources.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);

describe('documents', () => {
  it('reads several from one file, with the line of each', () => {
    const { resources, violations } = read(`# first\n${named('a')}---\n\n${named('b')}`);
    assert.deepEqual(violations, []);
    assert.deepEqual(
      resources.map(({ name, position }) => [name, position.line, position.index]),
      [
        ['a', 2, 0],
        ['b', 13, 1],
      ],
    );
    assert.equal(resources[1]?.position.lines['spec.http[0]'], 20);
    assert.equal(resources[1]?.position.lines['spec.http[0].route[0].destination.host'], 21);
  });

  it('reads JSON', () => {
    const spec = { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }] }] };
    const text = JSON.stringify(
      { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'reviews' }, spec },
      null,
      '\t',
    );
    assert.deepEqual(names(text), ['VirtualService default/reviews']);
  });

  it('reads a List as its items, with the places of their fields', () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: { name: a }
    spec: { host: a }
  - apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: { name: b }
    spec: { hots: b }
`;
    assert.deepEqual(names(text), ['DestinationRule default/a']);
    assert.deepEqual(
      read(text).violations.map(({ path, line, column }) => [path, line, column]),
      [['spec.hots', 11, 13]],
    );
  });

  it('takes a byte order mark, CRLF, comments and empty documents', () => {
    const text = `\uFEFF---\n# nothing\n---\n${REVIEWS}---\n...\n---\n`.replaceAll('\n', '\r\n');
    assert.deepEqual(names(Buffer.from(text)), ['VirtualService default/reviews']);
    assert.deepEqual(read(text).violations, []);
    for (const empty of ['', '\n\n', '# a comment\n', '---\n---\n', '\uFEFF', 'null\n'])
      assert.deepEqual(
        { ...read(empty) },
        { resources: [], violations: [], invalid: [], isUnreadable: false },
        JSON.stringify(empty),
      );
  });

  it('leaves the good documents of a file with a bad one', () => {
    const broken = named('b').replace('hosts:', 'host:');
    const { resources, invalid, isUnreadable } = read(`${named('a')}---\n${broken}---\n${named('c')}`);
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['a', 'c'],
    );
    assert.deepEqual(invalid, ['VirtualService default/b']);
    assert.equal(isUnreadable, false);
  });

  it('leaves the good documents where one is no YAML, whose name cannot be known', () => {
    const { resources, isUnreadable } = read(`${named('a')}---\nkind: [\n---\n${named('c')}`);
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['a', 'c'],
    );
    assert.equal(isUnreadable, true);
  });

  it('names both places of two documents with one name; the first is in force', () => {
    const { resources, violations } = read(`${REVIEWS}---\n${REVIEWS.replace('[reviews]', '[ratings]')}`);
    assert.deepEqual(
      resources.map(({ spec }) => (spec as VirtualServiceSpec).hosts),
      [['reviews']],
    );
    const [violation] = violations;
    assert.equal(violation?.code, 'LAT0006');
    assert.equal(violation?.line, 11);
    assert.match(
      violation?.message ?? '',
      /^VirtualService default\/reviews is defined twice; .*mesh\/test\.yaml:1 /,
    );
  });

  it('takes namespaces apart', () => {
    const other = REVIEWS.replace('name: reviews', 'name: reviews\n  namespace: shop');
    assert.deepEqual(names(`${REVIEWS}---\n${other}`), [
      'VirtualService default/reviews',
      'VirtualService shop/reviews',
    ]);
  });

  it('refuses a file of 10 MB at once, with the remedy, and says it is unreadable', () => {
    const text = `apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: {} # ${'x'.repeat(10 * 1024 * 1024)}\n`;
    const { violations, resources, isUnreadable } = read(text);
    assert.deepEqual([resources.length, isUnreadable, violations.length], [0, true, 1]);
    assert.match(violations[0]?.message ?? '', /the file has 10\.0 MB, at most 2\.0 are read/);
    assert.match(violations[0]?.remedy ?? '', /^Split it/);
  });

  it('refuses brackets without end, and tells the first faults of what is no YAML at all', () => {
    assert.match(read('['.repeat(1_000_000)).violations[0]?.message ?? '', /nested too deep/);
    const { violations, isUnreadable } = read(
      '2026-01-01 INFO a line of a log: [and] {brackets}\n'.repeat(20_000),
    );
    assert.equal(isUnreadable, true);
    assert.ok(violations.length <= 11, `${violations.length} violations`);
  });

  it('gives equal hashes for equal meaning, whatever the form', () => {
    const flow = `{kind: VirtualService, apiVersion: networking.istio.io/v1beta1, metadata: {name: reviews},
      spec: {http: [{route: [{destination: {host: "reviews"}}]}], hosts: ["reviews"]}}`;
    assert.equal(read(flow).resources[0]?.hash, read(`# moved\n\n${REVIEWS}`).resources[0]?.hash);
    assert.notEqual(read(named('other')).resources[0]?.hash, read(REVIEWS).resources[0]?.hash);
  });

  it('takes what `kubectl get -o yaml` prints', () => {
    const text = REVIEWS.replace(
      '  name: reviews\n',
      `  name: reviews
  creationTimestamp: "2024-01-02T03:04:05+02:00"
  generation: 3
  resourceVersion: "12345"
  uid: 0f5b9f5e-0000-4000-8000-000000000000
  managedFields: [{ manager: kubectl }]
`,
    ).concat('status: {}\n');
    const { resources, violations } = read(text);
    assert.deepEqual(violations, []);
    assert.equal(resources[0]?.creationTimestamp, '2024-01-02T01:04:05.000Z');
  });

  it('takes the two snake_case names that the CRDs have', () => {
    const { resources, violations } = read(
      REVIEWS.replace(
        '    - route:',
        '    - mirror: { host: ratings }\n      mirror_percent: 5\n      route:',
      ),
    );
    assert.equal(httpOf(resources)?.mirrorPercent, 5);
    assert.deepEqual(
      violations.map(({ severity, path }) => [severity, path]),
      [['Warning', 'spec.http[0].mirrorPercent']],
    );
  });
});

describe('what is no document', () => {
  it('is one fault, however many brackets were left open by a text that is cut off', () => {
    const { violations } = parseDocuments('a:\n  - b: [{ c: [{ d: { e: 1', 'mesh/a.yaml');
    assert.equal(violations.length, 1);
  });

  const cases: readonly [string, string | Buffer, RegExp, RegExp?][] = [
    ['a tab', 'kind: a\nmetadata:\n\tname: b\n', /not YAML/, /Indent with spaces/],
    ['an open bracket', 'a: [1, 2\nb: 3\n', /not YAML/, /brackets/],
    ['an open quote', 'a: "b\n', /not YAML/, /quotes/],
    ['bytes', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), /binary or not UTF-8/, /UTF-8/],
    ['Latin-1', Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]), /binary or not UTF-8/],
    ['UTF-16', Buffer.from('\uFEFFa: b', 'utf16le'), /binary or not UTF-8/],
    ['a list', '- a\n- b\n', /must be a mapping/],
    ['a word', 'hello\n', /must be a mapping/],
    ['nothing of a kind', 'metadata: { name: a }\n', /kind is missing/],
    ['a kind that is a number', 'apiVersion: v1\nkind: 5\n', /kind is missing or no text/],
    ['a bomb of aliases', bomb(), /alias/i],
    ['depth without end', '['.repeat(50_000), /nested too deep/],
    ['an alias of nothing', 'a: *b\n', /alias/i],
    ['a mapping as a name', '? { a: b }\n: c\n', /field name must be text/],
  ];
  for (const [title, text, message, remedy = /.*/] of cases) {
    it(`says so of ${title}`, () => {
      const { resources, violations, isUnreadable } = parseDocuments(text, 'mesh/a.yaml');
      assert.deepEqual(resources, []);
      assert.ok(violations.length > 0);
      assert.match(violations[0]?.message ?? '', message);
      assert.match(violations[0]?.remedy ?? '', remedy);
      assert.equal(violations[0]?.severity, 'Error');
      assert.equal(violations[0]?.file, 'mesh/a.yaml');
      assert.ok((violations[0]?.line ?? 0) >= 1);
      assert.equal(isUnreadable, true, 'what it meant is not known');
    });
  }

  it('says where the fault lies', () => {
    const [violation] = read(`${REVIEWS}  http2: [\n`).violations;
    assert.ok((violation?.line ?? 0) >= 10);
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}

describe('names in YAML', () => {
  it('finds a field that is there twice, and names both lines', () => {
    const { resources, violations, invalid } = read(REVIEWS.concat('  hosts: [ratings]\n'));
    assert.deepEqual(resources, []);
    assert.equal(violations[0]?.message, 'spec.hosts is there twice: in line 6 and in line 10');
    assert.equal(violations[0]?.line, 10);
    assert.equal(violations[0]?.remedy, 'Remove one of them.');
    assert.deepEqual(invalid, ['VirtualService default/reviews']);
  });

  it('takes unquoted y, n, yes, no, on and off for the booleans that they are to Kubernetes', () => {
    for (const word of ['y', 'n', 'yes', 'No', 'on', 'OFF']) {
      const { violations } = read(REVIEWS.replace('host: reviews }', `host: ${word} }`));
      assert.match(violations[0]?.message ?? '', /^expected text, found the boolean (true|false)$/, word);
      assert.match(violations[0]?.remedy ?? '', /^Put it in quotes: unquoted y, n, yes/);
      assert.deepEqual(read(REVIEWS.replace('host: reviews }', `host: "${word}" }`)).violations, []);
    }
  });

  it('refuses them as names of fields, too', () => {
    const { violations } = read(
      REVIEWS.replace('- route:', '- match: [{ queryParams: { on: { exact: "1" } } }]\n      route:'),
    );
    assert.equal(violations[0]?.message, 'the name on is a boolean in YAML');
    assert.equal(violations[0]?.remedy, 'Put it in quotes: "on".');
    assert.equal(violations[0]?.line, 8);
  });

  it('reads anchors and merged mappings', () => {
    const text = REVIEWS.replace(
      '        - destination: { host: reviews }',
      '        - &one { destination: &to { host: reviews }, weight: 1 }\n        - { destination: { <<: *to, subset: v2 }, weight: 2 }',
    );
    const { resources, violations } = read(text);
    assert.deepEqual(violations, []);
    assert.deepEqual(httpOf(resources)?.route?.[1]?.destination, {
      host: 'reviews',
      subset: 'v2',
    });
  });

  it('does not confuse names of JavaScript with fields', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const { violations } = read(REVIEWS.concat(`  ${name}: { polluted: true }\n`));
      assert.match(violations[0]?.message ?? '', /unknown field/, name);
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});

describe('kinds', () => {
  const warning = (text: string) => {
    const { resources, violations } = read(text);
    assert.deepEqual(resources, []);
    assert.equal(violations[0]?.severity, 'Warning');
    return `${violations[0]?.code} ${violations[0]?.message} ${violations[0]?.remedy}`;
  };
  const kinded = (kind: string, apiVersion = 'networking.istio.io/v1') =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a }\nspec: {}\n`;

  it('warns of what it does not know, with what was meant', () => {
    assert.match(
      warning(kinded('VirtualServces')),
      /^LAT0003 unknown kind .*Did you mean "VirtualService"\?/,
    );
    assert.match(warning(kinded('RouteRule', 'config.istio.io/v1alpha2')), /replaced by VirtualService/);
    assert.match(warning(kinded('Deployment', 'apps/v1')), /belongs to Kubernetes/);
    assert.match(warning(kinded('IstioOperator', 'install.istio.io/v1alpha1')), /meshconfig\.yaml/);
    assert.match(
      warning(kinded('Gateway', 'gateway.networking.k8s.io/v1')),
      /unknown apiVersion .*for Gateway/,
    );
    for (const kind of ['WasmPlugin', 'TrafficExtension'])
      assert.match(warning(kinded(kind)), /^LAT0004 .*ignored/);
    const plugin = kinded('WasmPlugin').replace('spec: {}', 'spec: { url: oci://a/b:1 }');
    assert.match(warning(plugin), /^LAT0004 WasmPlugin \(oci:\/\/a\/b:1\) is Envoy's own/);
  });

  it('refuses an apiVersion that is nearly right, with what was meant', () => {
    const [violation] = read(kinded('VirtualService', 'networking.istio.io/v2')).violations;
    assert.equal(violation?.severity, 'Error');
    assert.match(violation?.remedy ?? '', /Did you mean "networking\.istio\.io\/v1"/);
  });

  it('keeps the last good version of what a misspelled kind was meant to be', () => {
    assert.deepEqual(read(kinded('VirtualServces')).invalid, ['VirtualService default/a']);
    assert.deepEqual(read(kinded('Deployment', 'apps/v1')), {
      ...read(''),
      violations: read(kinded('Deployment', 'apps/v1')).violations,
    });
  });

  it('warns of a document without a name, and keeps what it may have been', () => {
    const text = REVIEWS.replace('  name: reviews\n', '  labels: {}\n');
    assert.match(warning(text), /^LAT0002 metadata\.name is missing: the document is ignored/);
    assert.equal(read(text).isUnreadable, true);
  });

  it('says that a field at the top belongs below spec', () => {
    const { violations } = read(
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: a }\nspec:\nhost: a\n',
    );
    assert.deepEqual(
      violations.map(({ path, remedy }) => [path, remedy]),
      [
        ['host', 'Indent it further: it belongs below "spec".'],
        ['spec', 'Is the block below it indented far enough?'],
      ],
    );
  });

  it('reads a bare meshconfig.yaml, and a MeshConfig document', () => {
    const bare = parseDocuments('accessLogFile: /dev/stdout\n', 'mesh/meshconfig.yaml');
    assert.deepEqual(bare.violations, []);
    assert.deepEqual(bare.resources[0]?.spec, { accessLogFile: '/dev/stdout' });
    assert.equal(bare.resources[0]?.kind, 'MeshConfig');
    const whole = read(
      'apiVersion: mesh.istio.io/v1alpha1\nkind: MeshConfig\nmetadata: { name: x }\naccessLogFile: /dev/stdout\n',
    );
    assert.deepEqual(whole.resources[0]?.spec, { accessLogFile: '/dev/stdout' });
    const wrong = parseDocuments('accesLogFile: /dev/stdout\n', 'meshconfig.yml');
    assert.equal(wrong.violations[0]?.remedy, 'Did you mean "accessLogFile"?');
  });
});

describe('metadata', () => {
  const faults = (metadata: string) =>
    read(REVIEWS.replace('metadata:\n  name: reviews\n', `metadata: ${metadata}\n`)).violations.map(
      ({ path, message, remedy }) => `${path}: ${message} | ${remedy}`,
    );

  it('is checked like a spec', () => {
    assert.match(
      faults('{ nmae: reviews }')[0] ?? '',
      /unknown field "nmae" at metadata \| Did you mean "name"\?/,
    );
    assert.match(
      faults('{ name: Reviews_V1 }')[0] ?? '',
      /invalid name "Reviews_V1" \| .*How about "reviews-v1"\?/,
    );
    assert.match(faults('{ name: a, namespace: a.b }')[0] ?? '', /metadata\.namespace: invalid namespace/);
    assert.match(
      faults('{ name: a, labels: { v: 1 } }')[0] ?? '',
      /labels\.v: expected text, .*\| Put it in quotes: "1"\./,
    );
    assert.match(faults('{ name: a, creationTimestamp: soon }')[0] ?? '', /"soon" is no time/);
    assert.match(faults('[]')[0] ?? '', /metadata: expected a mapping/);
    assert.deepEqual(faults('{ name: a, labels: null, creationTimestamp: null, namespace: null }'), []);
  });
});

describe('any text', () => {
  it('gives resources or violations, never an exception', () => {
    const cut = fc
      .tuple(fc.nat(REVIEWS.length), fc.nat(REVIEWS.length))
      .map(([from, to]) => REVIEWS.slice(0, Math.min(from, to)).concat(REVIEWS.slice(Math.max(from, to))));
    const odd = fc.tuple(fc.nat(REVIEWS.length), fc.stringMatching(/^[-:{}[\]&*!|>'"%@`#,?~ \t\n]{1,4}$/));
    const mixed = odd.map(([at, text]) => REVIEWS.slice(0, at).concat(text, REVIEWS.slice(at)));
    const values = fc
      .json()
      .map(
        (json) =>
          `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\nspec: ${json}\n`,
      );
    const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.oneof(cut, mixed, values, bytes, fc.string()), (content) => {
        const { violations } = parseDocuments(content, 'mesh/a.yaml');
        for (const { line, message } of violations) assert.ok(line >= 1 && message !== '');
      }),
      { numRuns: 300 },
    );
  });
});
