import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resourcesOf } from '../../istio/testing/read-text.ts';
import { createFindRule } from './find-rule.ts';

const RULES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - match: [{ uri: { prefix: /a } }]
      route: [{ destination: { host: reviews } }]
    - route: [{ destination: { host: reviews } }]
`;
const REVIEWS = { kind: 'VirtualService', namespace: 'default', name: 'reviews' };

describe('the rule that a route or a span names', () => {
  it('has the line where it stands now', () => {
    const find = createFindRule(resourcesOf(RULES));
    assert.deepEqual(find('VirtualService/default/reviews#http[1]'), {
      ...REVIEWS,
      file: 'mesh/test.yaml',
      line: 9,
    });
    const moved = createFindRule(resourcesOf(`# a remark\n${RULES}`));
    assert.equal(moved('VirtualService/default/reviews#http[1]')?.line, 10);
  });

  it('has the line of its document where that part is gone, or none was meant', () => {
    const find = createFindRule(resourcesOf(RULES));
    assert.equal(find('VirtualService/default/reviews#http[7]')?.line, 1);
    assert.equal(find('VirtualService/default/reviews')?.line, 1);
  });

  it('has no file where its document is gone', () => {
    assert.deepEqual(createFindRule([])('VirtualService/default/reviews#http[1]'), {
      ...REVIEWS,
      file: '',
      line: 0,
    });
  });

  it('is none where no document made the route', () => {
    assert.equal(createFindRule(resourcesOf(RULES))(''), null);
    assert.equal(createFindRule(resourcesOf(RULES))('made up'), null);
  });
});
