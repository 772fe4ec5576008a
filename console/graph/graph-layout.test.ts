import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookinfoMesh, largeMesh } from '../testing/fixture-mesh.ts';
import { layoutOf } from './graph-layout.ts';
import { sceneOf } from './graph-scene.ts';
import { type Box, type Direction, LABEL, shapeOf } from './graph-shapes.ts';
import { createLayoutKeeper } from './layout-keeper.ts';

const ALL = { namespace: '', hidesIdle: false };

function layout(mesh: ReturnType<typeof bookinfoMesh>, direction: Direction) {
  const scene = sceneOf(mesh, ALL);
  const edges = scene.edges.map(({ key, edge }) => ({ key, source: edge.source, target: edge.target }));
  return layoutOf(
    scene.cards.map((card) => shapeOf(card, direction)),
    edges,
    direction,
  );
}

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

for (const direction of ['right', 'down'] as const)
  for (const [name, mesh] of [
    ['the sample', bookinfoMesh()],
    ['fifty services', largeMesh()],
  ] as const)
    test(`of ${name} no card and no label covers another, going ${direction}`, () => {
      const { cards, edges, width, height } = layout(mesh, direction);
      const labels = [...edges].map(([key, { label }]): [string, Box] => [
        key,
        { ...LABEL, x: label.x - LABEL.width / 2, y: label.y - LABEL.height / 2 },
      ]);
      assert.equal(edges.size, mesh.edges.length);
      const boxes = [...cards, ...labels];
      for (const [index, [first, a]] of boxes.entries()) {
        assert.ok(
          a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height,
          `${first} is outside`,
        );
        for (const [second, b] of boxes.slice(index + 1))
          assert.ok(!overlap(a, b), `${first} covers ${second}`);
      }
    });

test('callers stand left of what they call, and what nobody calls stands below', () => {
  const mesh = bookinfoMesh();
  const alone = { ...mesh.nodes[1]!, id: 'workload/default/alone/v1', app: 'alone', label: 'alone' };
  const { cards } = layout({ ...mesh, nodes: [...mesh.nodes, alone] }, 'right');
  const at = (id: string) => cards.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  assert.ok(at('default/productpage').x < at('default/reviews').x);
  assert.ok(at('default/reviews').x < at('default/ratings').x);
  const lowest = Math.max(
    ...[...cards].filter(([id]) => id !== 'default/alone').map(([, box]) => box.y + box.height),
  );
  assert.ok(at('default/alone').y >= lowest);
});

test('lines to the versions of an app do not cross on their way', () => {
  const { edges } = layout(bookinfoMesh(), 'right');
  const labelOf = (version: string) =>
    [...edges].find(
      ([key]) =>
        key.includes('productpage') &&
        key.includes(`> workload/default/reviews`) &&
        key.includes(`/${version} http`),
    )?.[1].label.y ?? 0;
  assert.ok(labelOf('v1') < labelOf('v2') && labelOf('v2') < labelOf('v3'));
});

test('a layout stays while all of the scene has a place in it', () => {
  const mesh = bookinfoMesh();
  const keeper = createLayoutKeeper();
  const first = keeper.place(sceneOf(mesh, ALL), 'right');
  const fewer = { ...mesh, edges: mesh.edges.slice(0, 3) };
  assert.equal(keeper.place(sceneOf(fewer, ALL), 'right'), first);
  assert.equal(keeper.place(sceneOf(mesh, ALL), 'right'), first);
  const more = {
    ...mesh,
    edges: [...mesh.edges, { ...mesh.edges[2]!, target: 'workload/default/ratings/v1' }],
  };
  assert.notEqual(keeper.place(sceneOf(more, ALL), 'right'), first);
  assert.notEqual(keeper.place(sceneOf(more, ALL), 'down'), first);
});
