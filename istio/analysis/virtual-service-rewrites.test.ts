import assert from 'node:assert/strict';
import { it } from 'node:test';
import { analyze } from '../analyze.ts';
import { documentOf, read } from '../testing/read-text.ts';

const found = (prefix: string, uri: string) =>
  analyze(
    read(
      documentOf('VirtualService', {
        hosts: ['a'],
        http: [{ match: [{ uri: { prefix } }], rewrite: { uri }, route: [{ destination: { host: 'a' } }] }],
      }),
    ).resources,
    null,
  ).map(({ severity, code, path, message, remedy }) => `${severity} ${code} ${path}: ${message}. ${remedy}`);

it('explains //items, which comes of /v1 rewritten to /', () => {
  assert.deepEqual(found('/v1', '/'), [
    'Warning LAT0202 spec.http[0].rewrite.uri: the prefix /v1 is replaced as it is: /v1/items becomes //items. ' +
      'Match `prefix: /v1/` instead of /v1, and `exact: /v1` in a match of its own.',
  ]);
});

it('explains /apiitems, which comes of /v1/ rewritten to /api', () => {
  const [line = ''] = found('/v1/', '/api');
  assert.match(line, /\/v1\/items becomes \/apiitems.*`uri: \/api\/`/);
});

it('is silent where both end with a slash, or neither', () => {
  assert.deepEqual([...found('/v1/', '/'), ...found('/v1', '/v2'), ...found('/', '/')], []);
});
