import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folderOf, runLateen } from '../testing/run-lateen.ts';
import { isOlder } from './engine.ts';

/** `lateen up` with a program `docker` that says no more than its Compose version. */
function upWith(context: TestContext, script: string) {
  const folder = folderOf(context, {
    'compose.yml': 'services: { web: { image: x } }\n',
    'bin/docker': `#!/bin/sh\n${script}\n`,
  });
  chmodSync(join(folder, 'bin/docker'), 0o755);
  return runLateen(folder, ['up'], '', { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` });
}

test('an old Compose is told with the version that is needed', async (context) => {
  const { status, stderr, stdout } = await upWith(context, 'echo 2.3.3');
  assert.match(stderr, /^Error \[LAT1035\]: Docker Compose 2\.3\.3 is too old\nRemedy: .*2\.20\.0 or newer/);
  assert.deepEqual([status, stdout], [1, '']);
});

test('a docker without Compose is told', async (context) => {
  const { stderr } = await upWith(context, 'echo "docker: unknown command: docker compose" >&2; exit 1');
  assert.match(stderr, /^Error \[LAT1035\]: Docker Compose does not answer \(docker: unknown command/);
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
