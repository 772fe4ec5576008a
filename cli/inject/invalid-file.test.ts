import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folderOf, runLateen } from '../testing/run-lateen.ts';

/** `lateen inject` where Compose says this of the file. */
async function injectWith(context: TestContext, said: string) {
  const folder = folderOf(context, {
    'compose.yml': 'services:\n  web:\n    image: x\n    colour: red\n',
    'bin/docker': `#!/bin/sh\ncase "$*" in *version*) echo 2.26.1 ;; *) echo '${said}' >&2; exit 15 ;; esac\n`,
  });
  chmodSync(join(folder, 'bin/docker'), 0o755);
  const args = ['inject', '--all', '-f', 'compose.yml', '-o', 'out.yml'];
  const run = await runLateen(folder, args, '', { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` });
  return { ...run, isWritten: existsSync(join(folder, 'out.yml')) };
}

test('a file that Compose would refuse is told with its line, and nothing is written', async (context) => {
  const { status, stderr, isWritten } = await injectWith(
    context,
    'validating /x/compose.yml: services.web Additional property colour is not allowed',
  );
  assert.match(
    stderr,
    /^Error \[LAT1028\]: compose\.yml:4: services\.web Additional property colour is not allowed\nRemedy: /,
  );
  assert.deepEqual([status, isWritten], [1, false]);
});

test('what is only missing on this machine is no matter', async (context) => {
  const { status, stderr, isWritten } = await injectWith(
    context,
    'env file /x/prod.env not found: stat: no such file',
  );
  assert.deepEqual([status, isWritten], [0, true], stderr);
});
