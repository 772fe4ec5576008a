import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsApplication, proxyConfigOf, readProxyConfigLabel } from './proxy-config.ts';

const label = (text: string) => ({ 'proxy.istio.io/config': text });
const HOLDING = { holdApplicationUntilProxyStarts: true };

test('the label holds an application as the annotation does, in JSON and in YAML', () => {
  assert.equal(holdsApplication(label('{"holdApplicationUntilProxyStarts": true}'), {}), true);
  assert.equal(holdsApplication(label('holdApplicationUntilProxyStarts: true\n'), {}), true);
  assert.equal(holdsApplication({}, {}), false);
});

test('what a container says beats MeshConfig', () => {
  assert.equal(holdsApplication({}, HOLDING), true);
  assert.equal(holdsApplication(label('holdApplicationUntilProxyStarts: false'), HOLDING), false);
  assert.equal(
    holdsApplication({ 'proxy.istio.io/holdApplicationUntilProxyStarts': 'false' }, HOLDING),
    false,
  );
});

test('a mistake is told with its field and the remedy, and holds nothing', () => {
  const faultsOf = (text: string) =>
    readProxyConfigLabel(label(text)).faults.map(({ message, remedy }) => `${message} ${remedy}`);
  assert.match(faultsOf('holdAplicationUntilProxyStarts: true')[0] ?? '', /unknown field.*Did you mean/);
  assert.match(faultsOf('{')[0] ?? '', /proxy\.istio\.io\/config: not YAML/);
  assert.match(faultsOf('true')[0] ?? '', /no mapping/);
  assert.match(faultsOf('concurrency: 2')[0] ?? '', /concurrency has no effect/);
  assert.equal(holdsApplication(label('{'), {}), false);
});

test('a container’s own settings stand over the mesh’s, those of proxyHeaders one by one', () => {
  const mesh = {
    terminationDrainDuration: '9s',
    gatewayTopology: { numTrustedProxies: 1 },
    proxyHeaders: { server: { value: 'mesh' }, attemptCount: { disabled: true } },
  };
  const text = '{"gatewayTopology": {"numTrustedProxies": 2}, "proxyHeaders": {"server": {"value": "own"}}}';
  assert.deepEqual(proxyConfigOf(mesh, label(text)), {
    terminationDrainDuration: '9s',
    gatewayTopology: { numTrustedProxies: 2 },
    proxyHeaders: { server: { value: 'own' }, attemptCount: { disabled: true } },
  });
  assert.equal(proxyConfigOf(mesh, label('gatewayTopology: {numTrustedProxies: few}')), mesh);
});
