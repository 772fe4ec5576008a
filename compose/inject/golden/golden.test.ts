import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { takeBack } from '../marks.ts';
import { GOLDEN_NAMES, goldenInput, injectGolden } from './inject-golden.ts';

/**
 * Shapes of compose files as people write them: `NAME.in.yaml` injected must give `NAME.out.yaml`. After a change that
 * is meant `npm run golden` writes the outputs anew; integration/injected-files.test.ts has Compose read them.
 */
for (const name of GOLDEN_NAMES) {
  test(`golden ${name}: injected, the same when it is injected again, and taken back to the byte`, (context) => {
    const input = goldenInput(name);
    const isAll = name.startsWith('all-');
    const text = injectGolden(input, isAll);
    const out = fileURLToPath(new URL(`${name}.out.yaml`, import.meta.url));
    context.assert.fileSnapshot(text, out, { serializers: [(value: unknown) => String(value)] });
    const [first = { name: '' }] = input;
    assert.equal(injectGolden([{ name: first.name, text }], isAll), text);
    assert.deepEqual(takeBack({ name: first.name, text }), input);
  });
}

test('each output has its input', () => {
  const outputs = readdirSync(new URL('./', import.meta.url)).filter((file) => file.endsWith('.out.yaml'));
  assert.deepEqual(outputs.map((file) => file.replace('.out.yaml', '')).sort(), GOLDEN_NAMES);
});
