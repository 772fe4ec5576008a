import assert from 'node:assert/strict';
import { ADMIN_TOKEN } from '../fixture/admin.ts';
import type { Bookinfo } from '../fixture/bookinfo.ts';
import { docker } from '../fixture/docker.ts';
import { eventually } from '../fixture/eventually.ts';
import { agentOf, metricsOf } from '../fixture/proxies.ts';

/** Lines of the access log of the proxy beside the first container of a service. */
async function accessLogOf(mesh: Bookinfo, service: string): Promise<string[]> {
  return (await docker(['logs', await agentOf(mesh, service)]))
    .split('\n')
    .filter((line) => /^\[\d{4}-/.test(line));
}

/** Part of the list of proofs: one for each folder of examples/recipes that is about what is seen of traffic. */
export const TELEMETRY_PROOFS = {
  async 'access-logging'(mesh: Bookinfo) {
    const call = async (url: string) => (await mesh.call('client', { url }))[0]?.status;
    assert.equal(await call('http://details:9080/details/1'), 200);
    assert.equal(await call('http://ratings:9080/ratings/1'), 200);
    assert.equal(await call('http://ratings:9080/nothing-here'), 404);
    await eventually('what was asked for is in the logs', async () => {
      const details = await accessLogOf(mesh, 'details');
      const ratings = await accessLogOf(mesh, 'ratings');
      const client = await accessLogOf(mesh, 'client');
      const asked = (lines: string[]) => lines.map((line) => line.split('"')[1]);
      if (!asked(details).includes('GET /details/1 HTTP/1.1')) return undefined;
      if (!asked(ratings).includes('GET /nothing-here HTTP/1.1')) return undefined;
      if (!asked(client).includes('GET /nothing-here HTTP/1.1')) return undefined;
      assert.ok(!asked(ratings).includes('GET /ratings/1 HTTP/1.1'), ratings.join('\n'));
      assert.ok(!asked(client).includes('GET /details/1 HTTP/1.1'), client.join('\n'));
      return true;
    });
  },

  async 'metric-labels'(mesh: Bookinfo) {
    const linesNow = async () => (await metricsOf(mesh, 'details')).split('\n');
    const before = await linesNow();
    await mesh.call('client', { url: 'http://details:9080/details/7' });
    await eventually('the call is counted under its path', async () => {
      const lines = await linesNow();
      const counted = lines.find((line) => line.includes('request_path="/details/7"'));
      if (counted === undefined) return undefined;
      assert.match(counted, /^istio_requests_total\{reporter="destination",.*response_code="200"/);
      assert.doesNotMatch(counted, /_principal=/);
      const sizes = (all: readonly string[]) =>
        all.filter((line) => line.startsWith('istio_request_bytes_count'));
      assert.deepEqual(sizes(lines), sizes(before));
      return true;
    });
  },

  async tracing(mesh: Bookinfo) {
    const since = Date.now() * 1000;
    assert.equal((await mesh.get('/productpage')).status, 200);
    const spans = await eventually('the trace is whole', async () => {
      const [trace] = (await askJaeger(
        mesh,
        `traces?service=productpage.default&start=${since}&limit=1`,
      )) as JaegerTrace[];
      if (trace === undefined) return undefined;
      const services = new Set(Object.values(trace.processes).map(({ serviceName }) => serviceName));
      const known = new Set(trace.spans.map(({ spanID }) => spanID));
      const isJoined = trace.spans.every(({ references }) =>
        references.every(({ spanID }) => known.has(spanID)),
      );
      // The gateway's, and both sides' of productpage, details, reviews and, for two versions of three, ratings.
      return isJoined && services.size >= 4 && trace.spans.length >= 6 ? trace.spans : undefined;
    });
    const roots = spans.filter(({ references }) => references.length === 0);
    assert.equal(roots.length, 1, JSON.stringify(spans));
    const tags = spans.flatMap((span) => span.tags.map(({ key, value }) => `${key}=${value}`));
    assert.ok(tags.includes('end-user=nobody'), tags.join('\n'));
    assert.ok(!tags.includes('lateen.parent=inferred'), 'the sample passes its headers on');
    assert.ok(((await askJaeger(mesh, 'services')) as string[]).includes('reviews.default'));
  },
};

interface JaegerTrace {
  readonly spans: readonly {
    readonly spanID: string;
    readonly references: readonly { readonly spanID: string }[];
    readonly tags: readonly { readonly key: string; readonly value: string }[];
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

/** The controller's query API, from this machine. */
async function askJaeger(mesh: Bookinfo, question: string): Promise<unknown> {
  const published = await mesh.compose('port', 'lateen-controller', '16686');
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const response = await fetch(`http://${published.trim()}/api/${question}`, { headers });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return (JSON.parse(text) as { data: unknown }).data;
}
