import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TraceStore } from '../controller/traces/trace-store.ts';
import type { Span } from '../model/span.ts';

/** Run by bench/console.ts: what 100,000 spans cost the process that keeps them. */
const SPANS = 100_000;
const BATCH = 200;
const NOW_US = Date.now() * 1000;

function spanAt(index: number): Span {
  const trace = Math.floor(index / 8);
  const service = `service-${index % 50}.default`;
  return {
    traceId: trace.toString(16).padStart(32, '0'),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    parentId: index % 8 === 0 ? '' : index.toString(16).padStart(16, '0'),
    ...{ kind: index % 2 === 0 ? 'SERVER' : 'CLIENT', name: `${service}:8080/*`, service },
    ...{
      startUs: NOW_US - (SPANS - index) * 100,
      durationUs: 1000 + (index % 5000),
      isError: index % 50 === 0,
    },
    tags: {
      ...{
        component: 'proxy',
        node_id: `sidecar~${service}`,
        'istio.mesh_id': 'shop',
        'istio.namespace': 'default',
      },
      ...{
        'http.url': `http://${service}:8080/some/path/${index}`,
        'http.method': 'GET',
        'http.protocol': 'HTTP/1.1',
      },
      ...{ 'http.status_code': index % 50 === 0 ? '503' : '200', response_flags: '-', user_agent: 'bench' },
      ...{
        'guid:x-request-id': `00000000-0000-4000-8000-${String(trace).padStart(12, '0')}`,
        upstream_cluster: 'x',
      },
      ...{ 'lateen.rule': 'VirtualService/default/shop#http[0]', team: `team-${trace % 10}` },
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), 'lateen-bench-'));
const store = new TraceStore(join(folder, 'traces.db'));
store.add([spanAt(0)]);
globalThis.gc?.();
const before = process.memoryUsage.rss();
const started = process.threadCpuUsage();
for (let index = 1; index < SPANS; index += BATCH)
  store.add(Array.from({ length: Math.min(BATCH, SPANS - index) }, (_, step) => spanAt(index + step)));
const used = process.threadCpuUsage(started);
globalThis.gc?.();
const megabytes = (process.memoryUsage.rss() - before) / 1e6;
const searchStarted = performance.now();
store.find({ service: 'service-0.default', status: [500, 599], tags: { team: 'team-0' }, limit: 50 });
const searchMs = performance.now() - searchStarted;
console.log(JSON.stringify({ megabytes, perSecond: (SPANS / (used.user + used.system)) * 1e6, searchMs }));
store.close();
rmSync(folder, { recursive: true });
