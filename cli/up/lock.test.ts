import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CliError } from '../cli-error.ts';
import { folderOf } from '../testing/run-lateen.ts';
import { lockProject } from './lock.ts';
import { stateFolder } from './state.ts';

function inOwnState(context: TestContext): void {
  const before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = folderOf(context, {});
  context.after(() => {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
  });
}

test('two runs on one project at once are refused, and one after the other are not', (context) => {
  inOwnState(context);
  const unlock = lockProject('shop');
  assert.throws(
    () => lockProject('shop'),
    (error) =>
      error instanceof CliError &&
      error.code === 'LAT1045' &&
      error.message === `another lateen is at work on shop (process ${process.pid})`,
  );
  lockProject('other')();
  unlock();
  lockProject('shop')();
  assert.equal(existsSync(`${stateFolder('shop')}.lock`), false);
});

test('what a run left that was killed holds nobody up', (context) => {
  inOwnState(context);
  const file = `${stateFolder('shop')}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  for (const left of ['999999999', '', 'nonsense']) {
    writeFileSync(file, left);
    lockProject('shop')();
  }
  assert.equal(existsSync(join(dirname(file), 'shop.lock')), false);
});
