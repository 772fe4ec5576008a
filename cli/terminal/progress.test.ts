import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPaint, isColoured } from './colour.ts';
import { createProgress, whileWaiting } from './progress.ts';

/** Of the terminal that these outputs stand for. */
process.env['TERM'] = 'xterm';

function outputOf(isTTY: boolean) {
  const said: string[] = [];
  return { said, isTTY, columns: 40, write: (text: string) => said.push(text) };
}

test('in a file a step is two lines, and says if it failed', async () => {
  const output = outputOf(false);
  const progress = createProgress(output);
  assert.equal(await progress.step('Building', async () => 7), 7);
  await assert.rejects(progress.step('Starting', () => Promise.reject(new Error('no'))));
  assert.match(
    output.said.join(''),
    /^▸ Building\n {2}done after [\d.]+ s\n▸ Starting\n {2}failed after [\d.]+ s\n$/,
  );
});

test('on a terminal a step is one line, no wider than it, that ends with a mark', async () => {
  const output = outputOf(true);
  await createProgress(output).step('Building', async (say) => say('x'.repeat(100)));
  assert.ok(output.said.every((text) => text.replace(/^\r\x1b\[K/, '').length < 40 || text.includes('✔')));
  assert.match(output.said.at(-1) ?? '', /✔.* Building .*\n$/);
});

test('what only a person needs to see is not written to a file, and gone at the end on a terminal', async () => {
  const [file, terminal] = [outputOf(false), outputOf(true)];
  for (const output of [file, terminal])
    assert.equal(await whileWaiting('Waiting', async () => 7, output), 7);
  assert.deepEqual(file.said, []);
  assert.equal(terminal.said.at(-1), '\r\x1b[K');
});

test('colours are for terminals, and NO_COLOR forbids them', () => {
  assert.equal(isColoured({ isTTY: true }, {}), true);
  assert.equal(isColoured({ isTTY: true }, { NO_COLOR: '1' }), false);
  assert.equal(isColoured({ isTTY: true }, { NO_COLOR: '' }), true);
  assert.equal(isColoured({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.equal(isColoured({}, {}), false);
  assert.equal(createPaint(true)('red', 'no'), '\x1b[31mno\x1b[0m');
  assert.equal(createPaint(false)('red', 'no'), 'no');
});
