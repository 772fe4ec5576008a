import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { ComposeConfig } from './compose-config.ts';
import { renderOverride } from './override.ts';
import { type PlanOptions, planMesh } from './plan-mesh.ts';

const plan = (services: ComposeConfig['services'], more: Partial<ComposeConfig & PlanOptions> = {}) =>
  planMesh({ name: 'shop', services, ...more }, { leaveOut: [], isSwarm: false, ...more });

test('every service with a network gets an agent, but for those that say no', () => {
  const { meshed, leftOut, refusals, hasMesh } = plan(
    {
      web: {},
      api: { labels: { 'sidecar.istio.io/inject': 'true' } },
      db: { labels: { 'lateen.inject': 'false' } },
      old: { labels: { 'sidecar.istio.io/inject': 'false' } },
      tool: {},
      batch: { network_mode: 'none' },
    },
    { leaveOut: ['tool'] },
  );
  assert.deepEqual(meshed, ['web', 'api']);
  assert.deepEqual(
    leftOut.map(({ service, why }) => `${service}: ${why}`),
    [
      'db: label lateen.inject: "false"',
      'old: label sidecar.istio.io/inject: "false"',
      'tool: --leave-out',
      'batch: network_mode: none',
    ],
  );
  assert.deepEqual([refusals, hasMesh], [[], false]);
});

test('a service without a network namespace of its own is refused, unless it is left out', () => {
  const services = { web: {}, a: { network_mode: 'host' }, b: { network_mode: 'service:web' } };
  const { refusals } = plan(services);
  assert.deepEqual(
    refusals.map(({ code, path }) => [code, path.join('.')]),
    [
      ['LAT1030', 'services.a.network_mode'],
      ['LAT1030', 'services.b.network_mode'],
    ],
  );
  assert.match(refusals[0]?.remedy ?? '', /--leave-out a/);
  assert.deepEqual(plan(services, { leaveOut: ['a', 'b'] }).refusals, []);
});

test('what only Swarm can run is refused with its place', () => {
  const { refusals } = plan(
    { web: { deploy: { mode: 'global' } }, api: { deploy: { mode: 'replicated' } } },
    {
      networks: { wide: { driver: 'overlay' }, theirs: { driver: 'overlay', external: true } },
      secrets: { key: { external: true } },
    },
  );
  assert.deepEqual(
    refusals.map(({ code, path }) => `${code} ${path.join('.')}`),
    ['LAT1031 services.web.deploy.mode', 'LAT1031 networks.wide.driver', 'LAT1031 secrets.key.external'],
  );
  assert.deepEqual(
    plan({ web: {} }, { networks: { wide: { driver: 'overlay' } }, isSwarm: true }).refusals,
    [],
  );
});

test('a project with the mesh in it says itself who gets an agent', () => {
  const { hasMesh, meshed, leftOut, refusals } = plan({
    'lateen-controller': { labels: { 'lateen.role': 'controller' } },
    'istio-ingressgateway': { labels: { 'lateen.role': 'gateway' } },
    web: { labels: { 'lateen.inject': 'true' } },
    db: {},
    'api-agent': { labels: { 'lateen.role': 'agent' } },
    api: { network_mode: 'service:api-agent', labels: { 'lateen.inject': 'true' } },
    // Chosen by `lateen inject --all`.
    mail: { network_mode: 'service:api-agent' },
  });
  assert.deepEqual([hasMesh, meshed, refusals], [true, ['web', 'api', 'mail'], []]);
  assert.deepEqual(leftOut, [{ service: 'db', why: 'no label lateen.inject' }]);
});

test('a project with agents and no controller is refused', () => {
  const { refusals } = plan({ 'web-agent': { labels: { 'lateen.role': 'agent' } } });
  assert.deepEqual(
    refusals.map(({ code }) => code),
    ['LAT1032'],
  );
});

test('the override holds labels and nothing else', () => {
  assert.deepEqual(parse(renderOverride('shop', ['web', 'my api'])), {
    services: {
      web: { labels: { 'lateen.inject': 'true' } },
      'my api': { labels: { 'lateen.inject': 'true' } },
    },
  });
});
