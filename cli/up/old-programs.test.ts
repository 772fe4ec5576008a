import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folderOf, runLateen } from '../testing/run-lateen.ts';
import { builderEnvironment, isOlder } from './engine.ts';

/** `lateen up` with a program `docker` that says no more than its Compose version, and perhaps the old `docker-compose`. */
function upWith(context: TestContext, script: string, old = 'exit 1') {
  const folder = folderOf(context, {
    'compose.yml': 'services: { web: { image: x } }\n',
    'bin/docker': `#!/bin/sh\n${script}\n`,
    'bin/docker-compose': `#!/bin/sh\n${old}\n`,
  });
  for (const program of ['docker', 'docker-compose']) chmodSync(join(folder, 'bin', program), 0o755);
  return runLateen(folder, ['up'], '', { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` });
}

test('an old Compose is told with the version that is needed', async (context) => {
  const { status, stderr, stdout } = await upWith(context, 'echo 2.3.3');
  assert.match(stderr, /^Error \[LAT1035\]: Docker Compose 2\.3\.3 is too old\nRemedy: .*2\.20\.0 or newer/);
  assert.deepEqual([status, stdout], [1, '']);
});

test('a docker without Compose is told, and that the old docker-compose is of no use', async (context) => {
  const missing = 'echo "unknown flag: --short" >&2; exit 125';
  const { stderr } = await upWith(context, missing);
  assert.match(stderr, /^Error \[LAT1035\]: `docker` has no plugin `compose`\nRemedy: .*2\.20\.0 or newer/);
  const beside = await upWith(context, missing, 'echo 1.29.2');
  assert.match(
    beside.stderr,
    /no plugin `compose`, and the program docker-compose 1\.29\.2 is not used\nRemedy/,
  );
});

test('the old docker-compose, or podman-compose, in the place of the plugin is told by its name', async (context) => {
  const old = await upWith(context, 'echo 1.29.2');
  assert.match(old.stderr, /^Error \[LAT1035\]: Docker Compose 1\.29\.2 is too old/);
  const podman = await upWith(context, 'echo "podman-compose version 1.6.0"; echo "podman version 4.3.1"');
  assert.match(podman.stderr, /^Error \[LAT1035\]: `docker compose` is podman-compose here.*\nRemedy: /);
});

test('a Compose that fails is told in its own words', async (context) => {
  const { stderr } = await upWith(context, 'echo "fork/exec: exec format error" >&2; exit 1');
  assert.match(
    stderr,
    /^Error \[LAT1035\]: Docker Compose does not answer \(fork\/exec: exec format error\)/,
  );
});

test('no docker at all is told, and nothing is asked of it', async (context) => {
  const folder = folderOf(context, { 'compose.yml': 'services: { web: { image: x } }\n', 'bin/x': '' });
  const { stderr, status } = await runLateen(folder, ['up'], '', { PATH: join(folder, 'bin') });
  assert.match(
    stderr,
    /^Error \[LAT1035\]: the program `docker` is not there\nRemedy: Install Docker with the Compose plugin/,
  );
  assert.equal(status, 1);
});

test('a folder without a compose file is told', async (context) => {
  const { stderr, status } = await runLateen(folderOf(context, {}), ['up']);
  assert.match(stderr, /^Error \[LAT1029\]: there is no compose file in .* nor above it\nRemedy: /);
  assert.equal(status, 1);
});

test('engines older than Docker 20.10 are too old', () => {
  assert.deepEqual(
    ['1.40', '1.41', '1.50', '2.0'].map((version) => isOlder(version)),
    [true, false, false, false],
  );
});

test('Podman builds by its own means, unless the user says otherwise', () => {
  assert.deepEqual(builderEnvironment({ isPodman: true }, {}), { DOCKER_BUILDKIT: '0' });
  assert.deepEqual(builderEnvironment({ isPodman: true }, { DOCKER_BUILDKIT: '1' }), {});
  assert.deepEqual(builderEnvironment({ isPodman: false }, {}), {});
});
