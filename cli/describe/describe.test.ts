import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createWorld, service, workload } from '../../controller/compile/world.fixture.ts';
import { describeWorkload } from './describe.ts';
import { findWorkloads } from './describe-command.ts';

const RULES = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  trafficPolicy: { loadBalancer: { simple: RANDOM } }
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
    - match: [{ headers: { end-user: { exact: jason } } }]
      route: [{ destination: { host: reviews, subset: v2 } }]
    - route:
        - { destination: { host: reviews, subset: v1 }, weight: 90 }
        - { destination: { host: reviews, subset: v2 }, weight: 10 }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: nothing }
spec: { selector: { matchLabels: { version: v1 } } }
`;

const v1 = workload('reviews-v1', {
  labels: { app: 'reviews', version: 'v1', 'com.docker.compose.project': 'x' },
});
const v3 = workload('reviews-v3', { labels: { app: 'reviews', version: 'v3' } });
const world = createWorld(
  [service('reviews:http:9080', { members: ['reviews-v1', 'reviews-v3'] })],
  [v1, v3],
  RULES,
);

describe('x describe', () => {
  it('tells which documents act on a workload, and where they stand', () => {
    assert.equal(
      describeWorkload(world, v1).replaceAll(/\([^)]*yaml:/g, '(FILE:'),
      [
        'Workload: reviews-v1.default',
        '   Labels: app=reviews, version=v1',
        '   Identity: reviews-v1 (service account)',
        '   Health: ready',
        '--------------------',
        'Service: reviews.default',
        '   Port: http 9080/HTTP targets port 9080',
        'DestinationRule: reviews.default (FILE:2) for "reviews"',
        '   Matching subsets: v1',
        '      (Non-matching subsets v2)',
        '   Traffic Policy: loadBalancer',
        'VirtualService: reviews.default (FILE:10)',
        '   2 HTTP route(s), 1 of them lead here',
        '      every request, weight 90',
        '--------------------',
        'Effective PeerAuthentication:',
        '   Workload mTLS mode: STRICT',
        'AuthorizationPolicies:',
        '   ALLOW nothing.default (FILE:27)',
      ].join('\n'),
    );
  });

  it('warns where no route leads', () => {
    const text = describeWorkload(world, v3);
    assert.match(text, /Matching subsets: \(none\)/);
    assert.match(text, /WARNING: no route leads to this workload/);
    assert.match(text, /No AuthorizationPolicy: everybody may call it/);
  });

  it('finds a workload by its name, and all of a service by that of the service', () => {
    const names = (name: string) => findWorkloads(world, name).map((each) => each.name);
    assert.deepEqual(names('reviews-v1'), ['reviews-v1']);
    assert.deepEqual(names('reviews-v1.default'), ['reviews-v1']);
    assert.deepEqual(names('reviews'), ['reviews-v1', 'reviews-v3']);
    assert.throws(() => names('review'), /no workload or service is called "review"/);
  });
});
