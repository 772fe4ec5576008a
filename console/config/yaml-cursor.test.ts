import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cursorAt } from './yaml-cursor.ts';

/** Where the bar is. */
function at(text: string) {
  const cursor = cursorAt(text.replace('¦', ''), text.indexOf('¦'));
  return cursor === null ? null : `${cursor.position} ${cursor.path.join('.')}`;
}

const around = (text: string) => cursorAt(text.replace('¦', ''), text.indexOf('¦'))?.around ?? [];

const ROUTE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts:
  - reviews
  http:
  - match:
    - headers:
        end-user: { exact: jason }
    route:
    - destination:
        host: reviews
        subset: v2
      weight: 90
    ¦
  exportTo: ["."]
`;

test('an empty line belongs to what is indented less above it', () => {
  assert.equal(at(ROUTE), 'key spec.http.[]');
  assert.deepEqual(Object.keys(around(ROUTE)[0] ?? {}).sort(), ['match', 'route']);
  assert.deepEqual(around(ROUTE).at(-1), {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: '',
  });
});

test('a half-written key is a key, and what is behind a colon is a value', () => {
  assert.equal(at('spec:\n  http:\n  - ti¦\n'), 'key spec.http.[]');
  assert.equal(at('spec:\n  http:\n    - timeout: 3¦s\n'), 'value spec.http.[].timeout');
  assert.equal(at('kind:¦'), 'value kind');
  assert.equal(at('spec:\n  hosts:\n    - ¦\n'), 'key spec.hosts.[]');
  assert.equal(at('a¦'), 'key ');
});

test('a list may stand at the column of its key', () => {
  assert.equal(at('spec:\n  http:\n  - route:\n    - ¦'), 'key spec.http.[].route.[]');
  assert.equal(at('spec:\n  http:\n  - route:\n    - weight: 1\n  ¦'), 'key spec');
});

test('items of a list do not see the fields of one another', () => {
  const text =
    'spec:\n  http:\n  - name: a\n    timeout: 1s\n  - name: b\n    ¦\n  - name: c\n    retries:\n';
  assert.deepEqual(around(text)[0], { name: 'b' });
});

test('inside braces and brackets, on one line or several', () => {
  assert.equal(at('spec:\n  uri: { pre¦ }'), 'key spec.uri');
  assert.equal(at('spec:\n  uri: { prefix: /a¦ }'), 'value spec.uri.prefix');
  assert.equal(at('spec:\n  hosts: [a, ¦]'), 'value spec.hosts.[]');
  assert.equal(at('x: { a: [ { b: 1, ¦ } ] }'), 'key x.a.[]');
  assert.equal(at('x: {\n  a: 1,\n  ¦\n}\ny: 2'), 'key x');
  assert.deepEqual(around('spec:\n  d: { host: "a", su¦, port: { number: 1 } }')[0], { host: 'a', port: '' });
  assert.equal(at('x: { a: 1 }\n¦'), 'key ');
});

test('nothing is known in a comment or in the text of a block', () => {
  assert.equal(at('spec: # so ¦'), null);
  assert.equal(at('data:\n  x: |\n    some ¦text\n'), null);
  assert.equal(at('data:\n  x: |\n    some\n    ¦\n'), null);
  assert.equal(at('data:\n  x: |\n    some: text\n  ¦'), 'key data');
});

test('a new document begins behind ---', () => {
  assert.equal(at('kind: A\nspec:\n  a: 1\n---\n¦'), 'key ');
  assert.deepEqual(around('kind: A\n---\n¦')[0], {});
  assert.deepEqual(around('kind: A\n---\n¦\n---\nkind: B')[0], {});
});

test('values with colons and hashes in them, and quoted keys', () => {
  assert.equal(at('a:\n  uri: http://x/#y¦'), 'value a.uri');
  assert.equal(at('a:\n  "b c":\n    ¦'), 'key a.b c');
  assert.equal(at("a:\n  x: 'it''s # no comment ¦'"), 'value a.x');
});

test('the fields around are those of each mapping on the way out', () => {
  const text =
    'spec:\n  route:\n  - destination:\n      host: a\n      port:\n        number: ¦\n    weight: 1';
  assert.deepEqual(around(text), [{}, { host: 'a' }, { weight: '1' }, {}, {}]);
});
