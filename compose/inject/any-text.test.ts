import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GOLDEN_NAMES, goldenInput, injectGolden } from './golden/inject-golden.ts';
import { isInjected, takeBack } from './marks.ts';

/** Files as people leave them half-edited: lines of one golden input gone, doubled, moved, indented, cut. */
const LINES = GOLDEN_NAMES.map((name) => (goldenInput(name)[0]?.text ?? '').split('\n'));

const edit = fc.oneof(
  fc.record({ kind: fc.constant('drop' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('double' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('indent' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), to: fc.nat({ max: 40 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(),
    text: fc.constantFrom(
      '    ports: [1]',
      '  "a b": { image: c }',
      '    <<: *nets',
      '# x',
      '    networks:',
      '\t',
      '    hostname: |',
      '    depends_on: !reset null',
      '---',
      '  web: &w !x',
    ),
  }),
);

function edited(
  lines: readonly string[],
  edits: readonly (typeof edit extends fc.Arbitrary<infer T> ? T : never)[],
): string {
  const result = [...lines];
  for (const each of edits) {
    const at = each.at % result.length;
    const line = result[at] ?? '';
    if (each.kind === 'drop') result.splice(at, 1);
    else if (each.kind === 'double') result.splice(at, 0, line);
    else if (each.kind === 'indent') result[at] = `  ${line}`;
    else if (each.kind === 'cut') result[at] = line.slice(0, each.to);
    else result.splice(at, 0, each.text);
    if (result.length === 0) result.push('');
  }
  return result.join('\n');
}

test('whatever is given is refused, or injected so that it comes back to the byte', () => {
  const property = fc.property(
    fc.constantFrom(...LINES),
    fc.array(edit, { maxLength: 4 }),
    fc.boolean(),
    (lines, edits, isAll) => {
      const input = { name: 'compose.yml', text: edited(lines, edits) };
      const text = injectGolden([input], isAll);
      if (!isInjected(text)) return assert.match(text, /^(Error|Warning) \[LAT\d+\] /);
      assert.deepEqual(takeBack({ name: input.name, text }), [input]);
      assert.equal(injectGolden([{ name: input.name, text }], isAll), text);
    },
  );
  fc.assert(property, { numRuns: 1500 });
});
