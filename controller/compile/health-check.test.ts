import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHealthCheck } from './health-check.ts';
import { createWorld, service, snapshotOf, workload } from './world.fixture.ts';

describe('lateen.healthcheck', () => {
  test('names what is asked, how often, and how many failures count', () => {
    assert.deepEqual(parseHealthCheck('http:/healthz?full=1,2s,5', 9080), {
      ...{ kind: 'http', port: 9080, path: '/healthz?full=1', intervalMs: 2000, failures: 5 },
    });
    assert.deepEqual(parseHealthCheck('http:8081/', 9080), {
      ...{ kind: 'http', port: 8081, path: '/', intervalMs: 5000, failures: 3 },
    });
    assert.deepEqual(parseHealthCheck('tcp', 3306), {
      ...{ kind: 'tcp', port: 3306, path: '', intervalMs: 5000, failures: 3 },
    });
    assert.equal(parseHealthCheck('tcp:5432, 500ms', 0)?.port, 5432);
  });

  test('is refused where it cannot be meant', () => {
    const wrong = [
      '',
      'http',
      'http:healthz',
      'grpc:/x',
      'tcp:0',
      'tcp:70000',
      'tcp,5',
      'tcp,1ms',
      'tcp,5s,0',
    ];
    for (const label of [...wrong, 'tcp,5s,x', 'tcp,5s,3,4'])
      assert.equal(parseHealthCheck(label, 80), null, label);
  });

  test('goes to the container’s own agent, by default for the first port of its services', () => {
    const shop = service('shop', {
      ports: [{ name: 'http', number: 80, targetPort: 9080, protocol: 'http' }],
    });
    const labels = { 'lateen.healthcheck': 'http:/ok' };
    const world = createWorld([shop], [workload('shop', { labels }), workload('client')]);
    assert.equal(snapshotOf(world, 'shop').node.get('self')?.healthCheck?.port, 9080);
    assert.equal(snapshotOf(world, 'client').node.get('self')?.healthCheck, undefined);
  });

  test('a container that fails it is still an endpoint, as one that is ejected', () => {
    const world = createWorld(
      [service('shop')],
      [workload('shop', { health: 'failing' }), workload('client')],
    );
    const [endpoints] = snapshotOf(world, 'client').endpoint.values();
    assert.equal(endpoints?.endpoints[0]?.health, 'failing');
  });
});
