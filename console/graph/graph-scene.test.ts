import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphNode } from '../../model/console.ts';
import { bookinfoMesh, figures } from '../testing/fixture-mesh.ts';
import { sceneOf, shortName, sumFigures } from './graph-scene.ts';

const ALL = { namespace: '', hidesIdle: false };
const titles = (scene: ReturnType<typeof sceneOf>) => scene.cards.map(({ title }) => title);

test('versions of one app share a card, in their order', () => {
  const { cards } = sceneOf(bookinfoMesh(), ALL);
  const reviews = cards.find(({ title }) => title === 'reviews');
  assert.deepEqual(
    reviews?.nodes.map(({ node }) => node.version),
    ['v1', 'v2', 'v3'],
  );
});

test('what nobody answered for stands on the card of its app, last; without one, alone', () => {
  const mesh = bookinfoMesh();
  const lost = (host: string): GraphNode => ({
    ...{ id: `service/${host}`, kind: 'service', app: '', namespace: '', version: '', label: host },
    ...{ containers: 0, unready: 0, unsynced: 0 },
  });
  const nodes = [
    lost('ratings.default.svc.cluster.local'),
    lost('gone.shop.svc.cluster.local'),
    ...mesh.nodes,
  ];
  const { cards } = sceneOf({ nodes, edges: mesh.edges }, ALL);
  const ratings = cards.find(({ title }) => title === 'ratings');
  assert.deepEqual(
    ratings?.nodes.map(({ node }) => node.kind),
    ['workload', 'service'],
  );
  assert.ok(cards.some(({ title }) => title === 'gone.shop'));
  assert.equal(shortName('reviews.default.svc.cluster.local'), 'reviews');
  assert.equal(shortName('api.example.com'), 'api.example.com');
});

test('one error in twenty is bad, fewer a warning; so is a proxy out of sync; without traffic all is idle', () => {
  const health = new Map(
    sceneOf(bookinfoMesh(), ALL).cards.flatMap(({ title, nodes }) =>
      nodes.map(({ node, health: state }) => [`${title} ${node.version}`, state]),
    ),
  );
  assert.equal(health.get('ratings v1'), 'bad');
  assert.equal(health.get('reviews v1'), 'bad', 'its only container is not ready');
  assert.equal(health.get('reviews v2'), 'warn');
  assert.equal(health.get('audit v1'), 'warn', 'out of sync');
  assert.equal(health.get('details v1'), 'ok');
  assert.equal(health.get('mongodb v1'), 'ok', 'connections are traffic');
  const quiet = bookinfoMesh().edges.map((edge) => ({ ...edge, figures: figures(0, 0, 0) }));
  const { cards } = sceneOf({ nodes: bookinfoMesh().nodes, edges: quiet }, ALL);
  assert.equal(cards.find(({ title }) => title === 'details')?.nodes[0]?.health, 'idle');
});

test('a namespace is shown with its neighbours, and idle parts can be left out', () => {
  assert.deepEqual(titles(sceneOf(bookinfoMesh(), { namespace: 'ops', hidesIdle: false })), [
    'productpage',
    'audit',
  ]);
  assert.ok(!titles(sceneOf(bookinfoMesh(), { namespace: '', hidesIdle: true })).includes('audit'));
});

test('errors are weighed by their rates', () => {
  assert.equal(sumFigures([figures(9, 0, 1), figures(1, 1, 1)]).errorShare, 0.1);
  assert.equal(sumFigures([]).errorShare, 0);
});
