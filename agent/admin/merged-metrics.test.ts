import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createMergedMetrics } from './merged-metrics.ts';

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

describe('metrics on 15020', async () => {
  let answer = { status: 200, body: 'app_jobs_total 3\n# EOF\n', type: 'text/plain' };
  let asked: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    asked = request.headers;
    const headers = { 'content-type': answer.type };
    response.writeHead(request.url === '/own' ? answer.status : 404, headers).end(answer.body);
  }).listen(0);
  after(() => server.close());
  const place = { port: (server.address() as AddressInfo).port, path: '/own' };
  const merged = (at: { port: number; path: string } | undefined) =>
    createMergedMetrics(
      (format) => `istio_x 1\n# ${format}\n`,
      () => at,
      createManualClock(),
    );
  const textOf = async (at: { port: number; path: string } | undefined, accept = '') =>
    (await merged(at)({ headers: { accept } })).body;

  it("are the proxy's alone where the application has none", async () => {
    const text = await textOf(undefined);
    assert.match(text, /^istio_x 1$/m);
    assert.match(text, /^istio_agent_scrape_failures_total\{type="application"\} 0$/m);
    assert.match(await textOf(undefined, OPENMETRICS), /\n# openmetrics\n[\s\S]*\n# EOF\n$/);
  });

  it("have the application's behind them, without the end that only one may have", async () => {
    const text = await textOf(place);
    assert.match(text, /^istio_x 1$/m);
    assert.match(text, /^app_jobs_total 3$/m);
    assert.doesNotMatch(text, /# EOF/);
  });

  it("are in the format of the application's answer, whatever the scraper likes", async () => {
    const text = await merged(place)({ headers: { accept: OPENMETRICS } });
    assert.match(text.type ?? '', /^text\/plain; version=0.0.4/);
    assert.match(text.body, /\n# text\n/);
    answer = { ...answer, type: OPENMETRICS };
    const open = await merged(place)({ headers: { accept: OPENMETRICS } });
    assert.equal(open.type, OPENMETRICS);
    assert.match(open.body, /\n# openmetrics\n[\s\S]*\napp_jobs_total 3\n# EOF\n$/);
    assert.equal(open.body.match(/# EOF/g)?.length, 1);
    answer = { ...answer, type: 'text/plain' };
  });

  it('ask the application what the scraper asked, and as whom', async () => {
    await merged(place)({
      headers: { accept: OPENMETRICS, 'user-agent': 'Prometheus/3', authorization: 'Bearer secret' },
    });
    assert.deepEqual(
      [asked.accept, asked['user-agent'], asked.authorization],
      [OPENMETRICS, 'Prometheus/3', undefined],
    );
  });

  it('are there all the same when the application does not answer, and say so', async () => {
    answer = { ...answer, status: 500, body: 'no' };
    const failed = /^istio_agent_scrape_failures_total\{type="application"\} 1$/m;
    assert.match(await textOf(place), failed);
    assert.match(await textOf({ port: 1, path: '/' }), failed);
  });
});
