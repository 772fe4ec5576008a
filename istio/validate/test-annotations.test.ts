import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDocuments } from '../parse-documents.ts';
import { parseExactWeights, parseFaultAt, parseRequestRanges } from '../test-annotations.ts';
import { documentOf } from '../testing/read-text.ts';

const route = [
  { destination: { host: 'a', subset: 'v1' }, weight: 90 },
  { destination: { host: 'a', subset: 'v2' }, weight: 10 },
];
const spec = { hosts: ['a'], http: [{ route }] };

function read(annotations: object, { of = spec as object, kind = 'VirtualService', isTestMesh = true } = {}) {
  const text = documentOf(kind, of, { name: 'a', annotations });
  return parseDocuments(text, 'mesh/a.yaml', { isTestMesh });
}

const found = (...args: Parameters<typeof read>) =>
  read(...args).violations.map(({ code, severity, message }) => `${severity} ${code} ${message}`);

describe('annotations for tests', () => {
  it('are refused outside of a test mesh, with line and remedy', () => {
    const { resources, violations } = read({ 'lateen.test/weights': 'exact' }, { isTestMesh: false });
    assert.deepEqual(resources, []);
    assert.deepEqual(
      violations.map(({ code, severity, line, path }) => [code, severity, line, path]),
      [['LAT0008', 'Error', 6, 'metadata.annotations["lateen.test/weights"]']],
    );
    assert.match(violations[0]?.remedy ?? '', /LATEEN_TEST_MESH=1/);
  });

  it('are taken in one', () => {
    const all = {
      ...{ 'lateen.test/weights': 'seed=42', 'lateen.test/fail-requests': '1, 2,5-7' },
      'lateen.test/fault-at': 'callee, version=v2',
    };
    assert.deepEqual(found(all), []);
    assert.equal(read(all).resources.length, 1);
  });

  it('are refused where they are wrong', () => {
    assert.deepEqual(found({ 'lateen.test/weights': 'exactly' }), ['Error IST0106 invalid value "exactly"']);
    assert.deepEqual(found({ 'lateen.test/fail-requests': '0' }), ['Error IST0106 invalid value "0"']);
    assert.deepEqual(found({ 'lateen.test/fault-at': 'server' }), ['Error IST0106 invalid value "server"']);
    const [slip] = read({ 'lateen.test/weight': 'exact' }).violations;
    assert.deepEqual([slip?.code, slip?.remedy], ['IST0108', 'Did you mean "lateen.test/weights"?']);
    const entry = { hosts: ['a.example'], ports: [{ number: 80, name: 'http' }], resolution: 'DNS' };
    assert.deepEqual(found({ 'lateen.test/weights': 'exact' }, { kind: 'ServiceEntry', of: entry }), [
      'Error IST0107 lateen.test/weights has no effect on a ServiceEntry',
    ]);
  });

  it('are told where they have no effect', () => {
    const of = { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] };
    assert.deepEqual(found({ 'lateen.test/weights': 'exact' }, { of }), [
      'Warning LAT0005 lateen.test/weights has no effect here',
    ]);
    assert.deepEqual(found({ 'lateen.test/fault-at': 'callee' }, { of }), [
      'Warning LAT0005 lateen.test/fault-at has no effect here',
    ]);
    assert.deepEqual(
      found({ 'lateen.test/fault-at': 'callee', 'lateen.test/fail-requests': '1' }, { of }),
      [],
    );
  });

  it('mean what they say', () => {
    assert.deepEqual(parseExactWeights('exact'), { seed: null });
    assert.deepEqual(parseExactWeights('seed=7'), { seed: 7 });
    assert.deepEqual(parseRequestRanges('1,2,5-7'), [
      [1, 1],
      [2, 2],
      [5, 7],
    ]);
    for (const text of ['', '0', '1,', '3-2', '1.5', '-1', 'all'])
      assert.equal(parseRequestRanges(text), null);
    assert.deepEqual(parseFaultAt('callee, version=v2'), { labels: { version: 'v2' } });
    assert.equal(parseFaultAt('caller'), null);
    for (const text of ['', 'caller, a=b', 'callee, version', 'callee,'])
      assert.equal(parseFaultAt(text), undefined);
  });
});
