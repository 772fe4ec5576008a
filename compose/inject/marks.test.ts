import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEdits, isInjected, joinTexts, takeBack } from './marks.ts';

const edit = (at: number, takeOut: number, ...putIn: string[]) => ({ at, takeOut, putIn });

test('lines are taken out as comments, put in between marks, and both are undone', () => {
  const text = 'a\nb\nc\n';
  const edited = applyEdits(text, [
    edit(1, 1, 'B'),
    edit(0, 0, '# top'),
    edit(1, 0, 'more'),
    edit(3, 0, 'end'),
  ]);
  assert.equal(
    edited,
    '# >>> lateen inject\n# top\n# <<< lateen inject\na\n' +
      '# >>> lateen inject\nB\nmore\n# <<< lateen inject\n#lateen- b\nc\n' +
      '# >>> lateen inject\nend\n# <<< lateen inject\n',
  );
  assert.deepEqual(takeBack({ name: 'x', text: edited }), [{ name: 'x', text }]);
});

test('other lines may be edited in between', () => {
  const edited = applyEdits('a\nb\nc\n', [edit(1, 1, 'B')]).replace('c\n', 'C\nd\n');
  assert.deepEqual(takeBack({ name: 'x', text: edited }), [{ name: 'x', text: 'a\nb\nC\nd\n' }]);
});

test('ends of lines, the last one or its absence, and a byte order mark stay', () => {
  for (const text of ['', 'a', 'a\n', 'a\r\nb\r\n', 'a\r\nb', '\uFEFFa\nb\n', '\n\n', '\r\n']) {
    const edits = [edit(0, 1, 'x'), edit(text.split('\n').length - 1, 0, 'y')];
    const edited = applyEdits(text, edits);
    assert.ok(isInjected(edited));
    assert.deepEqual(takeBack({ name: 'n', text: edited }), [{ name: 'n', text }], JSON.stringify(text));
  }
  assert.match(
    applyEdits('a\r\n', [edit(0, 0, 'x')]),
    /^# >>> lateen inject\r\nx\r\n# <<< lateen inject\r\na\r\n$/,
  );
});

test('several files are one text, and come back under their names', () => {
  const files = [
    { name: 'compose.yml', text: '\uFEFFa\r\nb' },
    { name: 'my files/prod.yml', text: '---\nc\n' },
    { name: 'local.yml', text: 'd' },
  ];
  const edited = files.map(({ name, text }) => ({ name, text: applyEdits(text, [edit(0, 1, 'x')]) }));
  assert.deepEqual(takeBack({ name: 'out.yml', text: joinTexts(edited) }), files);
});

test('a mark that is missing, or stands twice, is no guess', () => {
  const text = applyEdits('a\nb\n', [edit(1, 1, 'B')]);
  const lines = text.split('\n');
  for (const at of lines.keys()) {
    if (!/lateen inject$/.test(lines[at] ?? '')) continue;
    for (const broken of [lines.toSpliced(at, 1), lines.toSpliced(at, 0, lines[at] ?? '')])
      assert.equal(takeBack({ name: 'x', text: broken.join('\n') }), null);
  }
});

test('a text that was never injected is given back as it is', () => {
  assert.equal(isInjected('services: {}\n# >>> other\n'), false);
  assert.deepEqual(takeBack({ name: 'x', text: 'a\n' }), [{ name: 'x', text: 'a\n' }]);
});
