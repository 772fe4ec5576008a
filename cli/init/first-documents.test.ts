import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '../../istio/parse-documents.ts';
import type { ComposeConfig } from '../up/compose-config.ts';
import { planMesh } from '../up/plan-mesh.ts';
import { firstMesh } from './first-documents.ts';
import { lineDiff } from './line-diff.ts';

function first(services: ComposeConfig['services']) {
  const config = { name: 'shop', services };
  return firstMesh(config, planMesh(config, { leaveOut: [], isSwarm: false }));
}

test('the gateway leads to the service that a person would open', () => {
  const { files } = first({
    db: { ports: [{ target: 5432, published: '5432' }] },
    api: { ports: [{ target: 3000, published: '3000' }] },
    frontend: { ports: [{ target: 8000, published: '80' }] },
  });
  assert.match(files['gateway.yaml'] ?? '', /host: frontend, port: \{ number: 8000 \}/);
  assert.deepEqual(Object.keys(first({ db: { expose: ['5432'] } }).files), []);
});

test('services in several versions become one, with the weights ready to be moved', () => {
  const { labels, files } = first({ 'reviews-v1': {}, 'reviews-v2': {}, 'other-v1': {} });
  assert.deepEqual(labels.get('reviews-v2'), { 'lateen.inject': 'true', app: 'reviews', version: 'v2' });
  assert.deepEqual(labels.get('other-v1'), { 'lateen.inject': 'true' });
  assert.deepEqual(Object.keys(files), ['reviews.yaml']);
});

test('what is written is valid', () => {
  const { files } = first({ 'web-v1': { expose: ['80'] }, 'web-v2': {}, web2: { ports: [{ target: 80 }] } });
  assert.deepEqual(Object.keys(files), ['gateway.yaml', 'web.yaml']);
  for (const [file, text] of Object.entries(files))
    assert.deepEqual(parseDocuments(Buffer.from(text), file).violations, []);
});

test('a diff shows what is new, and two lines around it', () => {
  assert.equal(lineDiff('a\nb\nc\nd\ne\n', 'a\nb\nc\nx\nd\ne\n'), '  …\n  b\n  c\n+ x\n  d\n  e');
  assert.equal(lineDiff('', 'a\n'), '+ a');
  assert.equal(lineDiff('a\n', 'b\n'), '- a\n+ b');
});
