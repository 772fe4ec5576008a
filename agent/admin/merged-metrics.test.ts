import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createMergedMetrics } from './merged-metrics.ts';

describe('metrics on 15020', async () => {
  let answer = { status: 200, body: 'app_jobs_total 3\n# EOF\n' };
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/own' ? answer.status : 404).end(answer.body);
  }).listen(0);
  after(() => server.close());
  const place = { port: (server.address() as AddressInfo).port, path: '/own' };
  const merged = (at: { port: number; path: string } | undefined) =>
    createMergedMetrics(
      () => 'istio_x 1\n',
      () => at,
      createManualClock(),
    );

  it("are the proxy's alone where the application has none", async () => {
    const text = await merged(undefined)();
    assert.match(text, /^istio_x 1$/m);
    assert.match(text, /^istio_agent_scrape_failures_total\{type="application"\} 0$/m);
  });

  it("have the application's behind them, without the end that only one may have", async () => {
    const text = await merged(place)();
    assert.match(text, /^istio_x 1$/m);
    assert.match(text, /^app_jobs_total 3$/m);
    assert.doesNotMatch(text, /# EOF/);
  });

  it('are there all the same when the application does not answer, and say so', async () => {
    answer = { status: 500, body: 'no' };
    const render = merged(place);
    assert.match(await render(), /^istio_agent_scrape_failures_total\{type="application"\} 1$/m);
    assert.match(await merged({ port: 1, path: '/' })(), /scrape_failures_total\{type="application"\} 1$/m);
  });
});
