import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compileGolden } from './compile-golden.ts';

/**
 * `NAME.in.yaml` is compiled and must give `NAME.out.yaml`. After a change that is meant:
 * `npm run golden` writes all outputs anew, and `git diff` shows what changed.
 */
const folder = new URL('./', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.in.yaml'))
  .map((file) => file.replace('.in.yaml', ''))
  .sort();

for (const name of names) {
  test(`golden ${name}`, (context) => {
    const { text, shown } = compileGolden(readFileSync(new URL(`${name}.in.yaml`, folder), 'utf8'));
    assert.ok(shown > 0, 'it shows nothing: look at `show`');
    context.assert.fileSnapshot(text, fileURLToPath(new URL(`${name}.out.yaml`, folder)), {
      serializers: [(value: unknown) => String(value)],
    });
  });
}

test('each output has its input', () => {
  const outputs = readdirSync(folder).filter((file) => file.endsWith('.out.yaml'));
  assert.deepEqual(outputs.map((file) => file.replace('.out.yaml', '')).sort(), names);
});
