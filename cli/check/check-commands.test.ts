import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Violation } from '../../istio/violation.ts';
import { folderOf, runLateen } from '../testing/run-lateen.ts';

const COMPOSE = `
include: [other.yml]
services:
  reviews-v1:
    image: reviews
    labels: { app: reviews, version: v1, lateen.inject: "true", lateen.ports: "http:9080" }
  details:
    build: ./details
    labels: ["app=details", "lateen.injekt=true"]
`;
const FILES = {
  'compose.yml': COMPOSE,
  'other.yml':
    'services: { ratings: { image: ratings, expose: [8080], labels: { lateen.inject: "true" } } }\n',
  'details/Dockerfile': 'FROM node\nEXPOSE 9080\n',
};

const route = (name: string, host: string, port: number) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [${host}]
  http:
    - route:
        - destination: { host: ${host}, port: { number: ${port} } }
---
`;

const analyzeAll = (context: TestContext, mesh: string, ...args: string[]) =>
  runLateen(folderOf(context, { ...FILES, 'mesh/a.yaml': mesh }), ['analyze', ...args]);

test('analyze needs neither Docker nor a controller, and ends with 0 where all is well', async (context) => {
  const { status, stdout } = await analyzeAll(context, route('r', 'reviews', 9080));
  assert.deepEqual([status, stdout], [0, '✔ No validation issues found.\n']);
});

test('analyze -f takes services, joined names and ports from a compose file', async (context) => {
  const mesh = route('a', 'reviews', 9080) + route('b', 'details', 9080) + route('c', 'ratings', 1234);
  const { status, stdout } = await analyzeAll(context, mesh, '-f', 'compose.yml', 'mesh/');
  assert.equal(
    stdout,
    'Warning [LAT0105] (Container ' +
      `${stdout.split('Container ')[1]?.split(' ')[0]} compose.yml:7) unknown label lateen.injekt has no effect. ` +
      'Remedy: Did you mean "lateen.inject"?\n',
  );
  assert.equal(status, 0);
});

test('analyze -f ends with 79 for a host and a port that the compose file does not have', async (context) => {
  const mesh = route('a', 'reviewz', 9080) + route('b', 'reviews', 9081) + route('c', 'details', 80);
  const { status, stdout } = await analyzeAll(context, mesh, '-f', 'compose.yml', '-S', 'LAT0105');
  assert.equal(status, 79);
  const lines = stdout.trim().split('\n');
  assert.equal(lines.length, 3, stdout);
  assert.match(
    lines[0] ?? '',
    /^Error \[IST0101\] \(VirtualService default\/a mesh\/a\.yaml:8\) .*"reviewz".*Did you mean "reviews"\?/,
  );
  assert.match(lines[1] ?? '', /"reviews:9081".*has the ports 9080/);
  assert.match(lines[2] ?? '', /"details:80".*has the ports 9080/);
});

test('thresholds decide what is printed and what fails', async (context) => {
  const folder = folderOf(context, { ...FILES, 'mesh/a.yaml': route('a', 'details', 9080) });
  const run = (...args: string[]) => runLateen(folder, ['analyze', '-f', 'compose.yml', ...args]);
  assert.equal((await run('--failure-threshold', 'Warning')).status, 79);
  const quiet = await run('--output-threshold', 'Error');
  assert.deepEqual([quiet.status, quiet.stdout], [0, '✔ No validation issues found.\n']);
  const wrong = await run('--failure-threshold', 'Fatal');
  assert.match(wrong.stderr, /Allowed choices are Info, Warning, Error/);
  assert.equal(wrong.status, 1);
});

test('-S leaves findings out, of one resource by name and wildcard', async (context) => {
  const mesh = route('a-one', 'nowhere', 1) + route('b-two', 'nobody', 1);
  const folder = folderOf(context, { ...FILES, 'mesh/a.yaml': mesh });
  const args = ['analyze', '-f', 'compose.yml', '-S', 'LAT0105', '-S', 'IST0101=VirtualService a-*.default'];
  const { status, stdout } = await runLateen(folder, args);
  assert.equal(status, 79);
  assert.match(stdout, /^Error \[IST0101\] \(VirtualService default\/b-two [^\n]*\n$/);
});

test('-o json and yaml hold every finding with file, line, field and remedy', async (context) => {
  const json = await analyzeAll(
    context,
    route('a', 'x', 1),
    '-f',
    'compose.yml',
    '-S',
    'LAT0105',
    '-o',
    'json',
  );
  const [finding] = JSON.parse(json.stdout) as Violation[];
  assert.equal(finding?.file, 'mesh/a.yaml');
  assert.equal(finding?.line, 8);
  assert.equal(finding?.path, 'spec.http[0].route[0].destination.host');
  const yaml = await analyzeAll(context, route('a', 'x', 1), '-f', 'compose.yml', '-o', 'yaml');
  assert.match(yaml.stdout, /code: IST0101\n {2}severity: Error/);
});

test('what cannot be read ends with 65, and the rest is checked all the same', async (context) => {
  const { status, stdout } = await analyzeAll(context, `${route('a', 'x', 1)}spec: [\n`, '-f', 'compose.yml');
  assert.equal(status, 65);
  assert.match(stdout, /LAT0001/);
  assert.match(stdout, /IST0101/);
});

test('a compose file that is no YAML, or not there, is told in one sentence with its remedy', async (context) => {
  const folder = folderOf(context, { 'compose.yml': 'services: {\n', 'mesh/a.yaml': '' });
  const broken = await runLateen(folder, ['analyze', '-f', 'compose.yml']);
  assert.match(broken.stderr, /^Error \[LAT1021\]: compose\.yml:\d+ is not YAML: .*\nRemedy: /);
  assert.equal(broken.status, 65);
  const missing = await runLateen(folder, ['analyze', '-f', 'nowhere.yml']);
  assert.match(missing.stderr, /^Error \[LAT1020\]: nowhere\.yml cannot be read: .*\nRemedy: Check the path/);
  assert.equal(missing.status, 1);
});

test('without a path and without ./mesh the remedy is told', async (context) => {
  const { status, stderr } = await runLateen(folderOf(context, {}), ['analyze']);
  assert.match(stderr, /there is no directory \.\/mesh\nRemedy: Write `lateen analyze PATH`/);
  assert.equal(status, 1);
});

test('-L lists what is checked', async (context) => {
  const { status, stdout } = await runLateen(folderOf(context, {}), ['analyze', '-L']);
  assert.equal(status, 0);
  assert.match(stdout, /^ANALYZER +CODES +CHECKS THAT\nvirtual-service-gateways +IST0101,IST0132,IST0149 /);
});

test('validate looks at each document alone, from files and standard input', async (context) => {
  const folder = folderOf(context, { 'good.yaml': route('a', 'x', 1), 'bad.yaml': route('a', 'x', 99999) });
  const good = await runLateen(folder, ['validate', '-f', 'good.yaml']);
  assert.deepEqual([good.status, good.stdout], [0, '"good.yaml" is valid\n']);
  const bad = await runLateen(folder, ['validate', '-f', 'bad.yaml']);
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /^Error \[IST0106\] \(VirtualService default\/a bad\.yaml:8\) .*port/);
  const stdin = await runLateen(folder, ['validate', '-f', '-', '-o', 'json'], route('a', 'x', 99999));
  assert.equal(stdin.status, 1);
  assert.equal((JSON.parse(stdin.stdout) as Violation[])[0]?.file, 'stdin');
});

test('the sample that is shipped has no findings, and each of its rules to try has those that it is about', async () => {
  const sample = fileURLToPath(new URL('../../examples/bookinfo', import.meta.url));
  const analyze = (...paths: string[]) => runLateen(sample, ['analyze', '-f', 'compose.yml', ...paths]);
  const clean = await analyze('mesh');
  assert.deepEqual([clean.status, clean.stdout], [0, '✔ No validation issues found.\n']);
  const tried = await analyze('mesh/destination-rules.yaml', 'try/reviews-90-10.yaml');
  assert.deepEqual([tried.status, tried.stdout], [0, '✔ No validation issues found.\n']);
  const broken = await analyze('try/broken.yaml');
  assert.equal(broken.status, 79);
  assert.match(broken.stdout, /uri\.prefx: unknown field "prefx".*Did you mean "prefix"\?/);
});

test('annotations for tests are refused, unless they are allowed; then they must be right', async (context) => {
  const withWeights = (value: string) =>
    route('r', 'reviews', 9080).replace(
      'name: r }',
      `name: r, annotations: { lateen.test/weights: ${value} } }`,
    );
  const folder = folderOf(context, {
    'tests/a.yaml': withWeights('exact'),
    'wrong/a.yaml': withWeights('nearly'),
  });
  const refused = await runLateen(folder, ['analyze', '--no-live', 'tests']);
  assert.equal(refused.status, 79);
  assert.match(refused.stdout, /^Error \[LAT0008\] .*analyze --allow-test-annotations/);
  const allowed = await runLateen(folder, ['analyze', '--no-live', '--allow-test-annotations', 'tests']);
  assert.equal(allowed.status, 0, allowed.stdout);
  assert.doesNotMatch(allowed.stdout, /LAT0008/);
  const wrong = await runLateen(folder, ['validate', '--allow-test-annotations', '-f', 'wrong']);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stdout, /^Error \[IST0106\] .*invalid value "nearly"/);
});
