import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_TRACE, milliseconds, problemOf, queryOf, readSearch, writeSearch } from './search.ts';

const search = (more: Partial<typeof ANY_TRACE>) => ({ ...ANY_TRACE, ...more });

test('a search stands in the address, and is read from it again', () => {
  const asked = search({ service: 'reviews.default', status: '5xx', tag: 'a=b', min: '1.5s', seconds: 600 });
  assert.deepEqual(readSearch(writeSearch(asked)), asked);
  assert.equal(writeSearch(ANY_TRACE).toString(), '');
  assert.deepEqual(readSearch(new URLSearchParams('seconds=x&limit=-3')), ANY_TRACE);
});

test('durations and tags are asked as the controller wants them', () => {
  assert.equal(
    queryOf(search({ min: '1.5s', max: '2000', tag: 'http.url: /a=b ' })),
    'minMs=1500&maxMs=2000&tag=http.url%3D%2Fa%3Db&seconds=3600&limit=50',
  );
  assert.equal(milliseconds('250us'), 0.25);
});

test('what cannot be asked is told', () => {
  assert.equal(problemOf(search({ min: '5ms', max: '1s', tag: 'a=b', status: '503' })), '');
  assert.match(problemOf(search({ min: 'long' })), /"long" is no duration/);
  assert.match(problemOf(search({ min: '2s', max: '1s' })), /above/);
  assert.match(problemOf(search({ tag: 'nothing' })), /KEY=VALUE/);
  assert.match(problemOf(search({ status: 'bad' })), /503/);
});

test('headers that spans keep are found by their own names', () => {
  const asked = (tag: string) => new URLSearchParams(queryOf(search({ tag }))).get('tag');
  assert.equal(asked('X-Request-Id: 0a-1'), 'guid:x-request-id=0a-1');
  assert.equal(asked('user-agent=curl/8'), 'user_agent=curl/8');
  assert.equal(asked('guid:x-request-id=0a-1'), 'guid:x-request-id=0a-1');
});
