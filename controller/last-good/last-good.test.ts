import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultAtStart, parseDocuments } from '../../istio/parse-documents.ts';
import { type FileState, settle } from './last-good.ts';

const rule = (name: string, subset: string, route = 'route') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [${name}]
  http:
    - ${route}: [{ destination: { host: ${name}, subset: ${subset} } }]
`;

const parsed = (text: string, file: string): FileState => ({
  kind: 'parsed',
  parsed: parseDocuments(text, file),
  contentHash: '',
  text,
});

function states(files: Record<string, string>): Map<string, FileState> {
  return new Map(Object.entries(files).map(([file, text]) => [file, parsed(text, file)]));
}

const subsetOf = (resource: unknown) => JSON.stringify(resource).match(/"subset":"(\w+)"/)?.[1];

test('a valid document replaces its predecessor', () => {
  const first = settle({}, states({ 'a.yaml': rule('a', 'v1') }));
  const second = settle(first.inForce, states({ 'a.yaml': rule('a', 'v2') }));
  assert.equal(subsetOf(second.inForce['VirtualService default/a']), 'v2');
});

test('a broken document leaves its predecessor in force and harms no neighbour', () => {
  const first = settle({}, states({ 'a.yaml': `${rule('a', 'v1')}---${rule('b', 'v1')}` }));
  const broken = settle(
    first.inForce,
    states({ 'a.yaml': `${rule('a', 'v2', 'rout')}---${rule('b', 'v2')}` }),
  );
  assert.equal(subsetOf(broken.inForce['VirtualService default/a']), 'v1');
  assert.equal(subsetOf(broken.inForce['VirtualService default/b']), 'v2');
  assert.match(broken.violations[0]?.message ?? '', /unknown field "rout"/);
});

test('a file that is no YAML keeps everything that it gave before', () => {
  const first = settle({}, states({ 'a.yaml': `${rule('a', 'v1')}---${rule('b', 'v1')}` }));
  const broken = settle(first.inForce, states({ 'a.yaml': '\tkind: {' }));
  assert.deepEqual(Object.keys(broken.inForce).length, 2);
});

test('a file of zero bytes is an editor at work', () => {
  const first = settle({}, states({ 'a.yaml': rule('a', 'v1') }));
  const violation = { ...faultAtStart('a.yaml', 'empty', ''), severity: 'Warning' as const };
  const emptied = settle(first.inForce, new Map([['a.yaml', { kind: 'unknown', violation }]]));
  assert.equal(subsetOf(emptied.inForce['VirtualService default/a']), 'v1');
  assert.equal(emptied.violations[0]?.severity, 'Warning');
});

test('a missing file and one of comments only are deletions', () => {
  const first = settle({}, states({ 'a.yaml': rule('a', 'v1') }));
  assert.deepEqual(settle(first.inForce, new Map()).inForce, {});
  assert.deepEqual(settle(first.inForce, states({ 'a.yaml': '# nothing\n' })).inForce, {});
});

test('a resource that a valid file does not hold any more is gone', () => {
  const first = settle({}, states({ 'a.yaml': `${rule('a', 'v1')}---${rule('b', 'v1')}` }));
  assert.deepEqual(Object.keys(settle(first.inForce, states({ 'a.yaml': rule('b', 'v1') })).inForce), [
    'VirtualService default/b',
  ]);
});

test('two files with one resource: the first in byte order is in force, and both are named', () => {
  const { inForce, violations } = settle(
    {},
    states({ 'b.yaml': rule('a', 'v2'), 'a.yaml': rule('a', 'v1') }),
  );
  assert.equal(subsetOf(inForce['VirtualService default/a']), 'v1');
  assert.match(violations[0]?.message ?? '', /defined twice; the one at a\.yaml:2 is in force/);
  assert.equal(violations[0]?.file, 'b.yaml');
});
