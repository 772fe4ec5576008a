import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerFacts } from '../testing/container-facts.ts';
import { createAgentSpec, type NamespacePlace } from './agent-spec.ts';

const specOf = (labels: Record<string, string> = {}, namespace: NamespacePlace | null = null, session = '') =>
  createAgentSpec({
    app: containerFacts('reviews', 1, labels),
    image: 'lateen:test',
    meshId: 'shop',
    controlVolume: 'shop_lateen-control',
    session,
    logLevel: 'info',
    namespace,
    suffix: 'x1',
  });

test('an agent lives in the network namespace of its app, and is removed when it ends', () => {
  const { name, Image, Cmd, HostConfig } = specOf();
  assert.deepEqual([name, Image, Cmd], ['reviews-lateen-x1', 'lateen:test', ['agent']]);
  assert.equal(HostConfig?.NetworkMode, 'container:reviews');
  assert.equal(HostConfig?.AutoRemove, true);
  assert.equal(HostConfig?.RestartPolicy, undefined, 'Docker refuses a restart policy beside AutoRemove');
});

test('where a namespace is joined by its path, the name servers of its app are mounted', () => {
  const { HostConfig } = specOf({}, { path: '/run/netns/netns-1', resolvConf: '/run/c/resolv.conf' });
  assert.equal(HostConfig?.NetworkMode, 'ns:/run/netns/netns-1');
  assert.equal(HostConfig?.Binds?.[1], '/run/c/resolv.conf:/etc/resolv.conf:ro');
});

test('it has no right but those that it needs, no volume but the control socket, and nothing secret in its environment', () => {
  const { HostConfig, Env, ExposedPorts } = specOf();
  assert.deepEqual(HostConfig?.CapDrop, ['ALL']);
  assert.deepEqual(HostConfig?.CapAdd, ['NET_ADMIN', 'SETUID', 'SETGID', 'SETPCAP']);
  assert.equal(HostConfig?.ReadonlyRootfs, true);
  assert.equal(HostConfig?.Privileged, undefined);
  assert.deepEqual(HostConfig?.SecurityOpt, ['no-new-privileges']);
  assert.deepEqual(HostConfig?.Binds, ['shop_lateen-control:/srv/lateen:ro']);
  assert.equal(HostConfig?.Mounts, undefined, 'a volume without a name stays after `compose down`');
  assert.deepEqual(HostConfig?.Tmpfs, { '/run/lateen': 'mode=1777' });
  assert.equal(ExposedPorts, undefined);
  assert.deepEqual(Env, [
    'LATEEN_MODE=sidecar',
    'LATEEN_LOG_LEVEL=info',
    'LATEEN_CONTAINER=reviews-lateen-x1',
  ]);
});

test('Compose finds it by project and service, and warns of nothing at the next `up`', () => {
  const { Labels } = specOf({ 'com.docker.compose.config-hash': 'abc', app: 'reviews' });
  assert.deepEqual(Labels, {
    'lateen.role': 'agent',
    'lateen.agent-for': 'reviews',
    'lateen.mesh': 'shop',
    'lateen.app-started': '2020-01-01T00:00:00Z',
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'reviews',
  });
});

test('of a mesh in a test it belongs to the session of that test, so that it is deleted with it', () => {
  const { Labels } = specOf({ 'org.testcontainers.session-id': 'of-the-app' }, null, 'of-the-mesh');
  assert.equal(Labels?.['org.testcontainers.session-id'], 'of-the-mesh');
});

test('what its app says of capture by label is what it captures', () => {
  const { Env } = specOf({
    'traffic.sidecar.istio.io/excludeOutboundPorts': '5432,6379',
    'traffic.sidecar.istio.io/includeInboundPorts': '8080',
    'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.1.0.0/16',
  });
  assert.deepEqual(Env?.slice(3).sort(), [
    'LATEEN_EXCLUDE_OUTBOUND_IP_RANGES=10.1.0.0/16',
    'LATEEN_EXCLUDE_OUTBOUND_PORTS=5432,6379',
    'LATEEN_INCLUDE_INBOUND_PORTS=8080',
  ]);
});
