import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGolden } from '../golden/compile-golden.ts';

const DOCUMENTS = `
apiVersion: lateen.dev/v1alpha1
kind: RateLimit
metadata: { name: by-the-counter }
spec:
  mode: GLOBAL
  provider: { service: counter, port: 8081 }
  rules: [{ limit: { requests: 1, unit: DAY } }]
---
apiVersion: lateen.dev/v1alpha1
kind: RateLimit
metadata: { name: by-itself }
spec: { rules: [{ limit: { requests: 1, unit: DAY } }] }
`;

function limitsOf(proxy: string): string {
  const head = `containers:
  shop: { lateen.ports: "http:8080", app: shop }
  counter: { lateen.ports: "grpc:8081", app: counter }
proxy: ${proxy}
show: [rateLimit *, "cluster *counter*"]
---`;
  return compileGolden(head + DOCUMENTS).text;
}

test('a service that counts is not asked about the questions that it gets itself', () => {
  assert.match(limitsOf('shop'), /name: RateLimit\/default\/by-the-counter/);
  assert.doesNotMatch(limitsOf('counter'), /by-the-counter/);
  assert.match(limitsOf('counter'), /name: RateLimit\/default\/by-itself/);
});

test('limits are for what arrives, not for what a workload calls', () => {
  const text = limitsOf('shop');
  assert.match(text, /^rateLimit inbound\|8080\|\|:$/m);
  assert.doesNotMatch(text, /^rateLimit 8081:$/m);
});
