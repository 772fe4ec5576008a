import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestRequest } from '../../model/test-mesh.ts';
import { openFakeDaemon } from '../testing/fake-daemon.ts';
import { folderOf, runLateen } from '../testing/run-lateen.ts';
import { requestTable } from './request-table.ts';

const CONTROLLER = {
  id: 'c',
  labels: { 'lateen.role': 'controller', 'com.docker.compose.project': 'shop' },
};
const party = { namespace: 'default', workload: '' };
const request = {
  ...{ number: 7, reporter: 'source', startMs: 1, durationMs: 3.6, service: 'reviews.default' },
  source: { ...party, app: 'shop', version: '' },
  destination: { ...party, app: 'reviews', version: 'v2' },
  ...{ method: 'GET', path: '/a', authority: 'reviews', status: 200, grpcStatus: '', flags: ['URX'] },
  ...{ attempts: 2, isMtls: true, route: 'all', requestId: 'x' },
  rule: { kind: 'VirtualService', name: 'reviews', namespace: 'default', file: 'canary.yaml', line: 9 },
} as const satisfies TestRequest;

const WARNING = {
  ...{
    severity: 'Warning',
    code: 'LAT0005',
    resource: 'VirtualService default/reviews',
    file: 'canary.yaml',
  },
  ...{ line: 4, path: 'spec.x', message: 'it has no effect', remedy: 'Take it out.' },
};

test('test apply prints the number, and warnings where they disturb no script', async (context) => {
  const body = { id: 3, file: 'canary.yaml', violations: [WARNING] };
  const env = {
    DOCKER_HOST: await openFakeDaemon(context, [CONTROLLER], {
      '/v1/apply?name=canary.yaml': { exitCode: 0, body },
      '/v1/apply?': { exitCode: 0, body: { ...body, id: 4, violations: [] } },
    }),
  };
  const folder = folderOf(context, { 'rules/canary.yaml': 'kind: VirtualService\n' });
  const applied = await runLateen(folder, ['test', 'apply', 'rules/canary.yaml'], '', env);
  assert.deepEqual([applied.status, applied.stdout], [0, '3\n']);
  assert.match(
    applied.stderr,
    /^Warning \[LAT0005\] \(.*canary\.yaml:4\) spec\.x: it has no effect\. Remedy/,
  );
  const piped = await runLateen(folder, ['test', 'apply', '-'], 'kind: VirtualService\n', env);
  assert.deepEqual(piped, { status: 0, stdout: '4\n', stderr: '' });
});

test('documents that are refused are told with file, line, field and remedy', async (context) => {
  const violation = { ...WARNING, severity: 'Error' };
  const body = { error: 'the YAML is refused', remedy: '', violations: [violation] };
  const env = {
    DOCKER_HOST: await openFakeDaemon(context, [CONTROLLER], {
      '/v1/apply?name=canary.yaml': { exitCode: 1, body },
    }),
  };
  const folder = folderOf(context, { 'canary.yaml': 'x: 1\n' });
  const { status, stdout, stderr } = await runLateen(folder, ['test', 'apply', 'canary.yaml'], '', env);
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(
    stderr,
    /^Error \[LAT1043\]: the YAML is refused\nError \[LAT0005\] .*:4\) spec\.x: .*\nRemedy: /,
  );
  const missing = await runLateen(folder, ['test', 'apply', 'none.yaml'], '', env);
  assert.match(missing.stderr, /^Error \[LAT1009\]: none\.yaml cannot be read/);
});

test('test requests prints a line for each, and all of it as JSON', async (context) => {
  const body = { requests: [request], mark: 7, problem: '' };
  const env = {
    DOCKER_HOST: await openFakeDaemon(context, [CONTROLLER], {
      '/v1/requests?to=reviews&after=5': { exitCode: 0, body },
      '/v1/requests?': { exitCode: 0, body: { ...body, problem: '3 requests were more than could be kept' } },
    }),
  };
  const folder = folderOf(context, {});
  const asked = ['test', 'requests', '--to', 'reviews', '--after', '5'];
  assert.match(
    (await runLateen(folder, asked, '', env)).stdout,
    /^FROM +TO .*\nshop +reviews v2 +GET \/a +200 +URX/,
  );
  assert.deepEqual(JSON.parse((await runLateen(folder, [...asked, '-o', 'json'], '', env)).stdout), body);
  const lossy = await runLateen(folder, ['test', 'requests'], '', env);
  assert.equal(lossy.status, 1);
  assert.match(lossy.stderr, /^Error \[LAT1043\]: 3 requests were more than could be kept/);
});

test('a request that no rule made and nobody of the mesh sent has a line too', () => {
  const nobody = { ...party, app: '', version: '' };
  const table = requestTable([
    { ...request, source: nobody, rule: null, route: '', flags: [], isMtls: false },
  ]);
  assert.match(table, /\n- +reviews v2 +GET \/a +200 +- +2 +4 +no +- +-$/);
  assert.equal(requestTable([]), 'No such request was seen.');
});
