import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDiff } from './proxy-diff.ts';

test('kinds that a proxy holds as it should match, the others say what differs', () => {
  const wanted = {
    cluster: [{ name: 'a', port: 1, host: 'x' }, { name: 'b' }, { name: 'c' }],
    node: [{ drainMs: 1 }],
  };
  const held = {
    cluster: [{ host: 'x', port: 1, name: 'a' }, { name: 'b', old: 1 }, { name: 'd' }],
    node: [{ drainMs: 1 }],
  };
  const lines = formatDiff('web.default', wanted, held).split('\n');
  assert.ok(lines.includes('Nodes Match'));
  assert.ok(lines.includes('Routes Match'));
  const at = lines.indexOf("Clusters Don't Match (controller vs. web.default)");
  assert.deepEqual(lines.slice(at + 1, at + 4), [
    '   ~ b',
    '   - c (not at the proxy yet)',
    '   + d (still at the proxy)',
  ]);
});
