import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, parseDocument } from 'yaml';
import { printFields, printPair } from './print-value.ts';
import { type Fields, isSame, NodeReader, Plain, type Value } from './value.ts';

const TRICKY = [
  'yes',
  'No',
  'on',
  '~',
  '',
  '0400',
  '1e3',
  '22:22',
  '80:80',
  'a: b',
  'a #b',
  '- a',
  '*a',
  '&a',
  '!t',
  '{a}',
  '[a]',
  'a,b',
  "it's",
  '"',
  '\\',
  ' a',
  'a ',
  'a\nb',
  `\${A:-b}`,
  '$$5',
  '%',
  '@',
  '`',
  '=',
  '<<',
  'null',
  'True',
  '1.5',
  '2026-01-01',
  '12s',
  'é',
  '\u0000',
  'a:',
  ':a',
  '?',
  '-',
  '---',
  '...',
];
const text = fc.oneof(fc.constantFrom(...TRICKY), fc.string(), fc.string({ unit: 'grapheme' }));
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.constantFrom(new Plain('true'), new Plain('8080'), new Plain('0400'), new Plain('null')),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      text.filter((key) => key !== '<<'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ) as fc.Arbitrary<Value>,
  ),
})).value;

test('text is read back as that text, by readers of both versions of YAML', () => {
  for (const each of TRICKY) {
    const printed = printPair('key', [each, { inner: each }], 2).join('\n');
    for (const version of ['1.1', '1.2'] as const)
      assert.deepEqual(parse(printed, { version }), { key: [each, { inner: each }] }, printed);
  }
});

test('whatever is printed says the same when it is read', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { noNullPrototype: true }),
      (fields) => {
        const printed = printFields(fields as Fields, 0).join('\n');
        const document = parseDocument(printed, { schema: 'failsafe', logLevel: 'silent' });
        assert.deepEqual(document.errors, [], printed);
        if (Object.keys(fields).length === 0) return;
        assert.ok(isSame(new NodeReader(document).read(document.contents), fields as Fields), printed);
      },
    ),
  );
});
