import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MeshConfig } from '../../../istio/mesh-config.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';

const telemetry = (name: string, accessLogging: string, where = '', selector = '') => `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: ${name}${where === '' ? '' : `, namespace: ${where}`} }
spec: { ${selector === '' ? '' : `selector: { matchLabels: { ${selector} } },`} accessLogging: ${accessLogging} }
`;

/** `provider filter` of what `shop` logs on each side. */
function logsOf(documents: readonly string[], mesh: Partial<MeshConfig> = {}) {
  const world = createWorld(
    [service('shop')],
    [workload('shop', { labels: { app: 'shop' } })],
    documents.join('---'),
    mesh,
  );
  const logs = snapshotOf(world, 'shop').node.get('self')?.accessLogs ?? assert.fail('no node');
  const words = (side: 'client' | 'server') =>
    logs[side].map(({ provider, filter }) => `${provider} ${filter}`.trim());
  return { client: words('client'), server: words('server') };
}

const both = (...logs: string[]) => ({ client: logs, server: logs });
const file = (name: string) => ({ name, envoyFileAccessLog: { path: '/dev/stdout' } });
const withProviders = {
  extensionProviders: [file('json'), file('short')],
  defaultProviders: { accessLogging: ['short'], metrics: [], tracing: [] },
};

describe('access logging', () => {
  it('is off by default', () => assert.deepEqual(logsOf([]), both()));

  it("follows MeshConfig's accessLogFile while no Telemetry speaks of it", () => {
    assert.deepEqual(logsOf([], { accessLogFile: '/dev/stdout' }), both('envoy'));
    const metrics =
      'apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: { name: m }\nspec: { metrics: [] }\n';
    assert.deepEqual(logsOf([metrics], { accessLogFile: '/dev/stdout' }), both('envoy'));
  });

  it('follows the default providers', () => assert.deepEqual(logsOf([], withProviders), both('short')));

  it('of the root namespace is for all', () =>
    assert.deepEqual(
      logsOf([telemetry('mesh', '[{ providers: [{ name: envoy }] }]', 'istio-system')]),
      both('envoy'),
    ));

  it('of the root namespace with a selector does not reach other namespaces', () =>
    assert.deepEqual(
      logsOf([telemetry('mesh', '[{ providers: [{ name: envoy }] }]', 'istio-system', 'app: shop')]),
      both(),
    ));

  it('takes the filter of the lowest level that names the provider', () =>
    assert.deepEqual(
      logsOf([
        telemetry('mesh', '[{ providers: [{ name: envoy }], filter: { expression: a } }]', 'istio-system'),
        telemetry('shop', '[{ providers: [{ name: envoy }], filter: { expression: b } }]', '', 'app: shop'),
      ]),
      both('envoy b'),
    ));

  it('below names its own providers in place of those above', () =>
    assert.deepEqual(
      logsOf([telemetry('shop', '[{ providers: [{ name: json }] }]')], withProviders),
      both('json'),
    ));

  it('is turned off below', () =>
    assert.deepEqual(
      logsOf([telemetry('shop', '[{ disabled: true }]', '', 'app: shop')], withProviders),
      both(),
    ));

  it('of one side leaves the other without any: Telemetry stands in for the default providers', () =>
    assert.deepEqual(
      logsOf(
        [telemetry('shop', '[{ match: { mode: SERVER }, providers: [{ name: short }] }]')],
        withProviders,
      ),
      { client: [], server: ['short'] },
    ));

  it('has several providers at once', () =>
    assert.deepEqual(
      logsOf([telemetry('shop', '[{ providers: [{ name: json }, { name: short }] }]')], withProviders),
      both('json', 'short'),
    ));

  it('to a provider that the mesh does not have goes nowhere', () =>
    assert.deepEqual(logsOf([telemetry('shop', '[{ providers: [{ name: nobody }] }]')]), both()));
});
