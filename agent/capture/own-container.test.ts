import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOwnContainer } from './own-container.ts';

const ID = '5f450e18b9b168de8f4dd06e03adf836a4b764cb5f62678a87baf6651128b60b';
const mount = (source: string, target: string) =>
  `94 76 254:0 ${source} ${target} rw,relatime - ext4 /dev/vda rw,discard`;

test('a proxy finds the id of its container whatever its host name is', () => {
  const lines = [
    mount('/', '/proc'),
    mount(`/var/lib/docker/containers/${ID}/resolv.conf`, '/etc/resolv.conf'),
    mount(`/var/lib/docker/containers/${ID}/hostname`, '/etc/hostname'),
  ];
  assert.equal(readOwnContainer(lines.join('\n')), ID);
});

test('outside of a container there is none', () => {
  assert.equal(readOwnContainer(mount('/', '/')), '');
  assert.equal(readOwnContainer(mount('/etc/hostname', '/etc/hostname')), '');
  assert.equal(readOwnContainer(''), '');
});
