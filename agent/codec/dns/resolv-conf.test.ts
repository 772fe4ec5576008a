import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNameservers, readSearchDomains } from './resolv-conf.ts';

test('three name servers at most, and the last search line', () => {
  const text = `# Docker
domain first.example
nameserver 127.0.0.11
search Corp.example. lab.example
nameserver 10.0.0.1
nameserver 10.0.0.2
nameserver 10.0.0.3
options ndots:0
`;
  assert.deepEqual(readNameservers(text), ['127.0.0.11', '10.0.0.1', '10.0.0.2']);
  assert.deepEqual(readSearchDomains(text), ['corp.example', 'lab.example']);
  assert.deepEqual(readSearchDomains('search .\n'), []);
  assert.deepEqual(readSearchDomains(''), []);
});
