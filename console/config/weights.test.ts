import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEdits as apply, editWeights, findWeightedRoutes, moveShare, percentsOf } from './weights.ts';

const CANARY = `# Who gets v2
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}   # the name
spec:
    hosts: [ "reviews" ]
    http:
    - match: [ { headers: { end-user: { exact: 'jason' } } } ]
      route: [ { destination: { host: reviews, subset: v2 }, weight: 60 }, {weight: 40, destination: { host: reviews }} ]
    - name: rest
      route:
      # the old one
      - destination:
          host: reviews
          subset: v1  # stable
        weight:   90   # still
      - weight: 10
        destination: {host: reviews, subset: 'v2'}


---
kind: DestinationRule
`;

test('only the figures of the shares are written: comments, quotes and indentation stay', () => {
  const [, rest] = findWeightedRoutes(CANARY);
  assert.ok(rest);
  assert.deepEqual([rest.label, rest.path, rest.resource], ['rest', 'http[1]', 'VirtualService reviews']);
  assert.deepEqual(
    rest.shares.map(({ label, weight }) => `${label} ${weight}`),
    ['reviews v1 90', 'reviews v2 10'],
  );
  assert.equal(
    apply(CANARY, editWeights(rest, [35, 65])),
    CANARY.replace('weight:   90   #', 'weight:   35   #').replace('- weight: 10', '- weight: 65'),
  );
});

test('a rule says what it matches', () => {
  assert.equal(findWeightedRoutes(CANARY)[0]?.label, 'headers end-user jason');
  const edited = apply(CANARY, editWeights(findWeightedRoutes(CANARY)[0]!, [1, 99]));
  assert.equal(edited, CANARY.replace('weight: 60', 'weight: 1').replace('weight: 40', 'weight: 99'));
});

test('a figure that is missing is written beside its destination, in the style of the text', () => {
  const text = `kind: VirtualService
spec:
  http:
  - route:
    - destination:
        host: a   # first
      headers: {}
    - { destination: { host: b } }
    - destination: { host: c }`;
  const [route] = findWeightedRoutes(text);
  const edited = apply(text, editWeights(route!, [50, 30, 20]));
  assert.equal(
    edited,
    text
      .replace('# first', '# first\n      weight: 50')
      .replace('{ host: b }', '{ host: b }, weight: 30')
      .concat('\n      weight: 20'),
  );
  assert.deepEqual(
    findWeightedRoutes(edited)[0]?.shares.map(({ weight }) => weight),
    [50, 30, 20],
  );
});

test('lines that end as on Windows stay so', () => {
  const text =
    'kind: VirtualService\r\nspec:\r\n  http:\r\n  - route:\r\n    - destination: {host: a}\r\n    - destination: {host: b}\r\n      weight: 100\r\n';
  const edited = apply(text, editWeights(findWeightedRoutes(text)[0]!, [50, 50]));
  assert.equal(edited, text.replace('a}\r\n', 'a}\r\n      weight: 50\r\n').replace('100', '50'));
});

test('figures that do not change are not touched', () => {
  const text =
    'kind: VirtualService\nspec: { tcp: [ { route: [ { destination: {host: a}, weight: 0x10 }, { weight: 84 } ] } ] }';
  assert.deepEqual(editWeights(findWeightedRoutes(text)[0]!, [16, 84]), []);
});

test('one share moves, the others follow in proportion, and all sum to 100', () => {
  assert.deepEqual(moveShare([90, 10], 1, 25), [75, 25]);
  assert.deepEqual(moveShare([60, 30, 10], 0, 0), [0, 75, 25]);
  assert.deepEqual(moveShare([100, 0, 0], 0, 40), [40, 30, 30]);
  assert.deepEqual(moveShare([1, 1, 1], 2, 33.4), [34, 33, 33]);
  for (let wanted = 0; wanted <= 100; wanted++)
    assert.equal(
      moveShare([17, 23, 31, 29], 2, wanted).reduce((a, b) => a + b),
      100,
    );
});

test('weights that do not sum to 100 are shown as the shares that they mean', () => {
  assert.deepEqual(percentsOf([1, 1, 1]), [34, 33, 33]);
  assert.deepEqual(percentsOf([3, 1]), [75, 25]);
  assert.deepEqual(percentsOf([0, 0]), [50, 50]);
});

test('a text that cannot be read has no sliders', () => {
  assert.deepEqual(findWeightedRoutes('kind: VirtualService\nspec: {http: [ {route: [ '), []);
  assert.deepEqual(findWeightedRoutes(''), []);
});
