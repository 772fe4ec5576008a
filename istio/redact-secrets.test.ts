import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactSecrets } from './redact-secrets.ts';

const RULE = `apiVersion: networking.istio.io/v1
kind: DestinationRule # of the shop
metadata: { name: shop }
spec: { host: shop }
`;

test('a file without a Secret is shown as it is', () => {
  assert.deepEqual(redactSecrets(RULE), { text: RULE, isRedacted: false });
});

test('values, annotations and comments of a Secret are not shown; its name is, and lines keep their numbers', () => {
  const text = `apiVersion: v1
kind: Secret
metadata:
  name: shop
  annotations: { last: "c2VjcmV0" }
type: kubernetes.io/tls
# before: b2xk
data:
  tls.crt: Y2VydA==
  name: bmFtZQ==
stringData:
  tls.key: |
    -----BEGIN
    KEY
---
${RULE}`;
  const shown = redactSecrets(text);
  assert.equal(shown.isRedacted, true);
  for (const secret of ['c2VjcmV0', 'b2xk', 'Y2VydA==', 'bmFtZQ==', 'BEGIN', 'KEY'])
    assert.ok(!shown.text.includes(secret), secret);
  assert.match(shown.text, /name: shop\n/);
  assert.match(shown.text, /tls\.crt: \[redacted\]/);
  assert.equal(shown.text.split('\n').indexOf('kind: DestinationRule #[redacted]'), 16);
});

test('a Secret in a List, in JSON or under an escaped kind is found', () => {
  for (const text of [
    `kind: List\nitems:\n- kind: Secret\n  data: { a: aHVzaA== }\n`,
    `{"kind":"Secret","data":{"a":"aHVzaA=="}}`,
    `{"kind":"\\u0053ecret","data":{"a":"aHVzaA=="}}`,
    `kind: &k Secret\nstringData: { a: aHVzaA== }\n`,
  ]) {
    const shown = redactSecrets(text);
    assert.ok(!shown.text.includes('aHVzaA=='), text);
    assert.equal(shown.isRedacted, true);
  }
});

test('a text that cannot be read and may be a Secret is not shown', () => {
  const shown = redactSecrets('kind: Secret\ndata: { a: aHVzaA==\n');
  assert.ok(!shown.text.includes('aHVzaA=='));
  assert.equal(shown.isRedacted, true);
});
