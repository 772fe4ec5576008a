import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from './actor.ts';
import { createCommandSpec, createVisitorSpec } from './visitor-spec.ts';

const ACTOR: Actor = {
  ...{ name: 'reviews', namespace: 'books', serviceAccount: 'reader', networks: ['net', 'back'] },
  labels: {
    ...{ app: 'reviews', version: 'v2', istio: 'ingressgateway', 'lateen.ports': 'http:9080' },
    ...{ 'lateen.service': 'reviews', 'lateen.role': 'gateway', 'com.docker.compose.service': 'reviews-v2' },
    'traffic.sidecar.istio.io/excludeOutboundPorts': '5432',
  },
};

test('a visitor has the identity and the own labels of the service, and nothing by which it would be called', () => {
  const { Labels } = createVisitorSpec(ACTOR, 'shop', 'lateen:test', 'shop-as-reviews-1');
  assert.deepEqual(Labels, {
    ...{ app: 'reviews', version: 'v2', 'traffic.sidecar.istio.io/excludeOutboundPorts': '5432' },
    ...{ 'lateen.mesh': 'shop', 'lateen.inject': 'true', 'lateen.acts-as': 'reviews' },
    ...{ 'lateen.namespace': 'books', 'lateen.service-account': 'reader' },
  });
});

test('it may do nothing, ends with its standard input, and Docker removes it', () => {
  const { HostConfig, Entrypoint, User, StdinOnce } = createVisitorSpec(ACTOR, 'shop', 'i', 'n');
  assert.deepEqual([Entrypoint, User, StdinOnce], [['cat'], '65534:65534', true]);
  assert.deepEqual(
    [HostConfig?.CapDrop, HostConfig?.ReadonlyRootfs, HostConfig?.AutoRemove],
    [['ALL'], true, true],
  );
});

test('the command is what was written, in the namespace of the visitor, whatever the image would start', () => {
  const input = {
    visitor: 'abc',
    name: 'n',
    meshId: 'shop',
    actor: ACTOR,
    command: ['curl', '-s', 'http://a'],
    hasInput: false,
  };
  const own = createCommandSpec({ ...input, image: 'lateen:test', isOwnImage: true });
  assert.deepEqual([own.Entrypoint, own.Cmd], [['curl', '-s', 'http://a'], []]);
  assert.equal(own.HostConfig?.NetworkMode, 'container:abc');
  assert.deepEqual([own.User, own.HostConfig?.CapDrop], ['65534:65534', ['ALL']]);
  assert.deepEqual(own.Labels, { 'lateen.mesh': 'shop', 'lateen.acts-as': 'reviews' });
  const other = createCommandSpec({ ...input, image: 'postgres', isOwnImage: false });
  assert.deepEqual([other.User, other.HostConfig?.CapDrop], [undefined, undefined]);
});
