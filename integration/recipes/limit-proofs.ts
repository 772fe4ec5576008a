import assert from 'node:assert/strict';
import type { Bookinfo } from '../fixture/bookinfo.ts';
import { docker } from '../fixture/docker.ts';

/** Part of the list of proofs: one for each folder of examples/recipes that is about how often. */
export const LIMIT_PROOFS = {
  async 'local-rate-limit'(mesh: Bookinfo) {
    const details = await mesh.call('client', { url: 'http://details:9080/details/0', times: 7 });
    assert.deepEqual(
      details.map(({ status, headers }) => [status, headers['x-ratelimit-remaining']]),
      [...[4, 3, 2, 1, 0].map((left) => [200, String(left)]), [429, '0'], [429, '0']],
    );
    assert.equal(details[0]?.headers['x-ratelimit-limit'], '5');
    // Another identity has its own five.
    const [reviews = ''] = await mesh.containers('reviews-v1');
    const script = `fetch('http://details:9080/details/0').then((r) => console.log(r.status))`;
    assert.equal((await docker(['exec', reviews, 'node', '-e', script])).trim(), '200');
    const ratings = await mesh.call('client', { url: 'http://ratings:9080/ratings/0', times: 6 });
    assert.deepEqual(
      ratings.map(({ status, headers }) => [status, headers['x-local-rate-limit']]),
      [...[1, 2, 3, 4].map(() => [200, undefined]), [429, 'true'], [429, 'true']],
    );
  },

  async 'global-rate-limit'(mesh: Bookinfo) {
    const pages: number[] = [];
    for (let call = 0; call < 3; call++) pages.push((await mesh.get('/productpage')).status);
    assert.deepEqual(pages, [200, 200, 429]);
    const url = 'http://reviews:9080/reviews/0';
    const as = async (user: string) => {
      const outcomes = await mesh.call('client', { url, headers: { 'x-user': user }, times: 8 });
      return outcomes.map(({ status }) => status);
    };
    assert.deepEqual(await as('amy'), [200, 200, 200, 200, 200, 200, 429, 429]);
    assert.deepEqual(await as('bob'), [200, 200, 200, 200, 200, 200, 429, 429]);
  },
};
