import assert from 'node:assert/strict';
import { it } from 'node:test';
import { formatFieldPath } from './field-path.ts';
import { formatViolation } from './format-violation.ts';

const violation = {
  code: 'IST0101',
  severity: 'Error',
  message: 'Referenced host not found: "ghost"',
  remedy: 'Define it.',
  resource: 'VirtualService default/reviews',
  file: 'mesh/reviews.yaml',
  line: 12,
  column: 3,
  path: 'spec.http[0]',
} as const;

it('writes one line after istioctl', () => {
  assert.equal(
    formatViolation(violation),
    'Error [IST0101] (VirtualService default/reviews mesh/reviews.yaml:12) spec.http[0]: Referenced host not found: "ghost". Remedy: Define it.',
  );
});

it('leaves out what is not known', () => {
  assert.equal(
    formatViolation({ ...violation, resource: '', path: '', remedy: '', message: 'It is binary.' }),
    'Error [IST0101] (mesh/reviews.yaml:12) It is binary.',
  );
});

it('writes paths as they are read', () => {
  assert.equal(formatFieldPath(['spec', 'http', 0, 'match']), 'spec.http[0].match');
  assert.equal(
    formatFieldPath(['metadata', 'labels', 'app.kubernetes.io/name']),
    'metadata.labels["app.kubernetes.io/name"]',
  );
  assert.equal(formatFieldPath(['headers', 'x-user']), 'headers.x-user');
  assert.equal(formatFieldPath([]), '');
});
