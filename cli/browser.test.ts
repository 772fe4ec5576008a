import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { forwardingPage, openBrowser } from './browser.ts';
import { folderOf } from './testing/run-lateen.ts';

const ADDRESS = 'http://127.0.0.1:32001/';

/** A home folder of its own, and an `xdg-open` that writes down what it is told to open. */
function playDesktop(context: Parameters<typeof folderOf>[0]) {
  const folder = folderOf(context, {});
  const opened = join(folder, 'opened');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(
    join(folder, 'bin', 'xdg-open'),
    `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`,
  );
  chmodSync(join(folder, 'bin', 'xdg-open'), 0o755);
  const before = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  Object.assign(process.env, { PATH: `${join(folder, 'bin')}:${before.PATH}`, HOME: folder });
  context.after(() => Object.assign(process.env, before));
  /** What was on the opener's command line. */
  const told = async () => {
    while (!existsSync(opened)) await new Promise(setImmediate);
    return readFileSync(opened, 'utf8');
  };
  return { folder, told };
}

test('the token is on no command line: a file that only its owner reads sends the browser, and is gone soon', async (context) => {
  const { folder, told } = playDesktop(context);
  assert.equal(await openBrowser(ADDRESS, '#token=s3cret', 1000), true);
  const file = await told();
  assert.doesNotMatch(file, /s3cret/);
  assert.ok(file.startsWith(join(folder, 'lateen-console-')), file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(file)).mode & 0o777, 0o700);
  assert.match(readFileSync(file, 'utf8'), /content="0;url=http:\/\/127\.0\.0\.1:32001\/#token=s3cret"/);
  while (existsSync(dirname(file))) await new Promise((resolve) => setTimeout(resolve, 50));
});

test('an address without a token is opened as it is', async (context) => {
  const { told } = playDesktop(context);
  assert.equal(await openBrowser(ADDRESS, ''), true);
  assert.equal(await told(), ADDRESS);
});

test('what a token is made of does not end the address in the page', () => {
  assert.match(forwardingPage(`${ADDRESS}#token="><b>`), /url=http:[^"]*#token=&#34;&#62;&#60;b&#62;"/);
});
