import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import { holdsApplication, readProxyConfigLabel } from './proxy-config-label.ts';

const label = (text: string) => ({ 'proxy.istio.io/config': text });
const HOLDING = { ...DEFAULT_MESH_CONFIG, holdApplicationUntilProxyStarts: true };

test('the label holds an application as the annotation does, in JSON and in YAML', () => {
  assert.equal(
    holdsApplication(label('{"holdApplicationUntilProxyStarts": true}'), DEFAULT_MESH_CONFIG),
    true,
  );
  assert.equal(holdsApplication(label('holdApplicationUntilProxyStarts: true\n'), DEFAULT_MESH_CONFIG), true);
  assert.equal(holdsApplication({}, DEFAULT_MESH_CONFIG), false);
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
  assert.equal(holdsApplication(label('{'), DEFAULT_MESH_CONFIG), false);
});
