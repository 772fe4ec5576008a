import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatViolation } from '../../istio/format-violation.ts';
import type { IncludedContext, InjectContext } from './context.ts';
import { inject } from './inject.ts';
import type { NamedText } from './marks.ts';

const MESH = `services:
  istio-ingressgateway:
    image: lateen
    labels: { lateen.role: gateway }
    ports: ["127.0.0.1:8080:8080"]
  lateen-controller:
    image: lateen
    labels: { lateen.role: controller }
`;

const contextOf = (read: InjectContext['read']): IncludedContext => ({
  read,
  interpolate: (value) => value.replace(`\${N}`, '3'),
  included: () => contextOf(read),
  variables: {},
});

function refusalsOf(text: string, others: Readonly<Record<string, string>> = {}, isAll = false): string[] {
  const files: Readonly<Record<string, string>> = { 'mesh.yml': MESH, ...others };
  const read = (path: string): NamedText | null =>
    files[path] === undefined ? null : { name: path, text: files[path] };
  const given = [{ name: 'compose.yml', text }];
  const { text: out, violations } = inject(given, {
    ...{ isAll, ...contextOf(read) },
    meshFile: 'mesh.yml',
  });
  assert.equal(out, null, 'nothing is written');
  for (const { remedy } of violations) assert.notEqual(remedy, '');
  return violations.map(
    ({ code, file, line, message }) => `${code} ${line === 0 ? file : `${file}:${line}`} ${message}`,
  );
}

function assertRefused(text: string, expected: RegExp, others: Readonly<Record<string, string>> = {}): void {
  const refusals = refusalsOf(text, others);
  assert.equal(refusals.length, 1, refusals.join('\n'));
  assert.match(refusals[0] ?? '', expected);
}

const asking = (more: string) =>
  `services:\n  web:\n    image: web\n    labels: { lateen.inject: "true" }\n${more}`;

test('what is no compose file is told with its line', () => {
  assertRefused('services:\n  web: [\n', /^LAT0301 compose\.yml:\d it is not YAML: /);
  assertRefused('services:\n  web:\n    image: a\n    image: b\n', /^LAT0301 compose\.yml:4 .*unique/);
  assertRefused('- a\n', /^LAT0301 compose\.yml:1 it is no compose file/);
  assertRefused('', /^LAT0301 compose\.yml:1 it is empty/);
  assertRefused('# only words\n', /^LAT0301 compose\.yml:1 it is empty/);
  assertRefused('web:\n  image: nginx\n', /^LAT0301 compose\.yml:1 it is of the first version/);
  assertRefused('services: [web]\n', /^LAT0301 compose\.yml:1 `services` is no mapping/);
  assertRefused('services:\n  web: nginx\n', /^LAT0301 compose\.yml:2 service web is no mapping/);
  assertRefused(
    'services:\n  a: {image: a}\n---\nservices: {}\n',
    /^LAT0301 compose\.yml:\d it holds several/,
  );
  assertRefused('services:\n  web:\n    <<: *nowhere\n', /^LAT0301 compose\.yml:3 /);
});

test('a file that refers to itself again and again is refused, not expanded', () => {
  const lines = Array.from({ length: 30 }, (_, n) => `  - &a${n + 1} [*a${n}, *a${n}, *a${n}, *a${n}]`);
  assertRefused(`x-a:\n  - &a0 [1]\n${lines.join('\n')}\nservices: {}\n`, /^LAT0301 .* again and again/);
});

test('a service without a network of its own is told where it says so', () => {
  assertRefused(asking('    network_mode: host\n'), /^LAT0302 compose\.yml:5 network_mode is "host"/);
  assertRefused(asking('    network_mode: none\n'), /^LAT0302 compose\.yml:5 /);
  assertRefused(
    asking('    network_mode: "service:db"\n  db: { image: a }\n'),
    /^LAT0302 .* that of another/,
  );
  assertRefused(asking('    network_mode: container:db\n'), /^LAT0302 .* that of another/);
  assertRefused(asking('    network_mode: corporate\n'), /^LAT0302 .* aliases/);
});

test('several containers cannot share an agent', () => {
  assertRefused(asking('    scale: 2\n'), /^LAT0303 compose\.yml:5 2 containers cannot share/);
  assertRefused(asking(`    deploy:\n      replicas: \${N}\n`), /^LAT0303 compose\.yml:5 3 containers/);
});

test('what is for Swarm only is told', () => {
  assertRefused(asking('    deploy: { mode: global }\n'), /^LAT0304 compose\.yml:5 deploy\.mode global/);
  assertRefused(asking('    deploy: { endpoint_mode: dnsrr }\n'), /^LAT0304 compose\.yml:5 /);
  const overlay = asking('    networks: [wide]\nnetworks: { wide: { driver: overlay } }\n');
  assertRefused(overlay, /^LAT0304 compose\.yml:5 the overlay network wide/);
});

test('an agent that is there already is told', () => {
  const own = '  agent:\n    image: lateen\n    labels: { lateen.role: agent }\n';
  assertRefused(
    asking(`    network_mode: service:agent\n${own}`),
    /^LAT0305 compose\.yml:5 .* agent already, agent/,
  );
  assertRefused(asking('  web-lateen: { image: a }\n'), /^LAT0305 compose\.yml:5 the agent of web is to be/);
});

test('an included file that cannot be read would hide services that ask for an agent', () => {
  const include = (path: string, more = '') =>
    `include: [${path}]\nservices: { db: { image: a, labels: { lateen.inject: "${more}" } } }\n`;
  assertRefused(include('gone.yml', 'true'), /^LAT0306 compose\.yml:1 the included file gone\.yml cannot/);
  const [told, none] = refusalsOf(include('"oci://example.com/shop"'));
  assert.match(told ?? '', /^LAT0306 compose\.yml:1 the included file oci:/);
  assert.match(none ?? '', /^LAT0308 /);
});

test('a service of an included file is refused there, with its line', () => {
  const include = 'include: [other.yml]\n';
  assertRefused(include, /^LAT0303 other\.yml:5 2 containers/, { 'other.yml': asking('    scale: 2\n') });
});

test('an included file that includes the one that includes it is not followed for ever', () => {
  const circle = { 'other.yml': 'include: [compose.yml]\nservices: {}\n' };
  assertRefused('include: [other.yml]\n', /^LAT0306 other\.yml:1 /, {
    ...circle,
    'compose.yml': 'include: [other.yml]\n',
  });
});

test('a label_file that is not there is told with its line', () => {
  assertRefused(asking('    label_file: gone.labels\n'), /^LAT0301 compose\.yml:5 the label_file gone/);
});

test('a port of the host that is published twice is told before `up` fails half-way', () => {
  assertRefused(
    asking('    ports: ["8080:80"]\n'),
    /^LAT0307 compose\.yml:5 port 8080 .* by istio-ingressgateway too/,
  );
  const twice = '    ports: [{ target: 80, published: 90 }]\n  db:\n    image: a\n    ports: ["90:1"]\n';
  assertRefused(asking(twice), /^LAT0307 compose\.yml:8 port 90 of the host is published by web too/);
  const apart = '    ports: ["127.0.0.2:8080:80", "8080:80/udp", "9090"]\n';
  assert.throws(() => refusalsOf(asking(apart)), /nothing is written/);
});

test('a service of another project’s mesh needs that mesh’s control volume', () => {
  const labels = 'labels: { lateen.inject: "true", lateen.mesh: shop }';
  const text = `services:\n  web:\n    image: web\n    ${labels}\n`;
  assertRefused(text, /^LAT0311 compose\.yml:4 it is of the mesh shop/);
  const joined = `${text}volumes: { lateen-control: { external: true, name: shop_lateen-control } }\n`;
  assert.throws(() => refusalsOf(joined), /nothing is written/);
});

test('that nobody asks for an agent is told with what to do', () => {
  assertRefused('services:\n  web: { image: a }\n', /^LAT0308 compose\.yml none of its 1 services asks/);
});

test('of all services those that cannot have an agent are left out, but not in silence where they could', () => {
  const host = 'services:\n  web: { image: a, network_mode: host }\n';
  assert.match(refusalsOf(host, {}, true).join(), /^LAT0308 /);
  assert.match(refusalsOf('services:\n  web: { image: a, scale: 2 }\n', {}, true).join(), /^LAT0303 /);
});

test('what was extended from nowhere is told', () => {
  assertRefused(asking('    extends: nobody\n'), /^LAT0301 .* extends nobody, which is not in compose\.yml/);
  assertRefused(asking('    extends: web\n'), /^LAT0301 .* extends itself/);
  assertRefused(
    asking('    extends: { file: gone.yml, service: a }\n'),
    /^LAT0301 .* cannot be read: gone\.yml/,
  );
});

test('damaged marks are told, and nothing is guessed', () => {
  assertRefused('# >>> lateen inject\nservices: {}\n', /^LAT0309 compose\.yml a mark/);
  assertRefused('services: {}\n# <<< lateen inject\n', /^LAT0309 /);
});

test('a refusal is printed as one line with file, line and remedy', () => {
  const { violations } = inject([{ name: 'c.yml', text: asking('    scale: 2\n') }], {
    ...{ isAll: false, meshFile: '', ...contextOf(() => null) },
  });
  assert.match(
    violations.map(formatViolation).join(),
    /^Error \[LAT0303\] \(Service web c\.yml:5\) scale: .*Remedy: /,
  );
});
