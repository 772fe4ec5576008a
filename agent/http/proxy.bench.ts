import { createServer } from 'node:net';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createDataplane } from '../create-dataplane.ts';
import { clusterSpec, endpointSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';

/**
 * One hop for a load generator of your choice: `node agent/http/proxy.bench.ts LISTEN_PORT BACKEND_PORT`, then for
 * instance `wrk -t1 -c64 http://127.0.0.1:LISTEN_PORT/ratings/1`. Routing, request id, retries, path normalisation,
 * the fault filter and Istio's metrics are on; no access log.
 */
const [listenPort, backendPort] = process.argv.slice(2).map(Number);
const under = (value: string) => ({
  match: { path: { kind: 'prefix', value, ignoreCase: false } as const, headers: [], queryParams: [] },
});
const decorator = 'ratings.default.svc.cluster.local:9080/*';
const dataplane = createDataplane({ clock: createSystemClock(), random: Math.random, log: silentLogger });
await dataplane.apply(
  snapshotOf({
    routes: ['/reviews', '/details', '/ratings'].map((path) =>
      routeSpec(['ratings'], { ...under(path), decorator }),
    ),
    clusters: [[clusterSpec('ratings'), [endpointSpec(backendPort ?? 9000)]]],
  }),
);
const captured = {
  direction: 'outbound',
  originalDestination: { address: '240.240.0.5', port: 9080 },
} as const;
createServer({ pauseOnConnect: true, noDelay: true }, (socket) => dataplane.accept(socket, captured)).listen(
  listenPort ?? 9104,
  '127.0.0.1',
);
