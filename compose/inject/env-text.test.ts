import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnvText } from './env-text.ts';

const textsOf = (text: string) =>
  Object.fromEntries([...parseEnvText(text)].map(([name, value]) => [name, value.text]));

test('variables and labels are read as Compose reads them', () => {
  const text = `# of the shop
A=1
export B = two words # a comment
C="quoted # no comment\\n" # one
D='$literal "x"'
lateen.inject: true
E=
F=# nothing
  G=a#b
"nonsense
H=https://x/?a=b
`;
  assert.deepEqual(textsOf(text), {
    ...{ A: '1', B: 'two words', C: 'quoted # no comment\n', D: '$literal "x"', 'lateen.inject': 'true' },
    ...{ E: '', F: '', G: 'a#b', H: 'https://x/?a=b' },
  });
  assert.equal(parseEnvText(text).get('D')?.isOpen, false);
});

test('line ends of Windows, a byte order mark and values of several lines are no trouble', () => {
  assert.deepEqual(textsOf('\uFEFFA=1\r\nB="x\r\ny"\r\nC=3'), { A: '1', B: 'x\ny', C: '3' });
  assert.deepEqual(textsOf(`A='no end\nB=2`), { A: `'no end`, B: '2' });
});
