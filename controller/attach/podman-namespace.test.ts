import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerInspectInfo } from 'dockerode';
import { createNamespaceFinder } from './podman-namespace.ts';

const ENGINE = { version: '4.3.1', apiVersion: '1.41', isPodman: true };

const INSPECTED = {
  ResolvConfPath: '/run/containers/1/resolv.conf',
  NetworkSettings: { SandboxKey: '/run/netns/netns-1' },
} as unknown as ContainerInspectInfo;

test('with Podman an agent joins the namespace by its path, so that its application can be removed', async () => {
  const find = createNamespaceFinder({
    readEngine: async () => ENGINE,
    inspectContainer: async () => INSPECTED,
  });
  assert.deepEqual(await find({ id: 'a' }), {
    path: '/run/netns/netns-1',
    resolvConf: '/run/containers/1/resolv.conf',
  });
});

test('with Docker it joins the container, and nothing is asked', async () => {
  const find = createNamespaceFinder({
    readEngine: async () => ({ ...ENGINE, isPodman: false }),
    inspectContainer: () => assert.fail('nothing is to be asked'),
  });
  assert.equal(await find({ id: 'a' }), null);
});
