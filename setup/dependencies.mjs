// node_modules as the lock file wants it, and Node 26 out of it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, step } from './progress.mjs';
import { bin, must, root } from './shell.mjs';

const stamp = join(root, 'node_modules', '.lateen-lock');

export async function ensureDependencies() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new SetupError(`Node ${process.versions.node} is too old.`, 'Install Node 20 or newer.');
  }
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(bin('node'))) return;
  await step('Installing dependencies (npm ci)', async () => {
    await must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      remedy: 'Is the npm registry reachable? Try `npm ci` by hand.',
    });
    writeFileSync(stamp, wanted);
  });
}
