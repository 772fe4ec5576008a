import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { MetricOverrideSpec, MetricRulesSpec } from '../../model/telemetry.ts';
import { attributesOf } from './attributes.ts';
import { type CompileExpression, loadExpressions } from './expressions.ts';
import { createMetricRules, type Label } from './metric-rules.ts';
import { exchangeRecord } from './record.fixture.ts';

const labels: readonly Label[] = [
  ['reporter', 'source'],
  ['response_code', '503'],
];

describe('a rule of Telemetry', () => {
  let compile: CompileExpression;
  before(async () => {
    compile = await loadExpressions();
  });

  const labelsOf = (spec: MetricRulesSpec | undefined) =>
    createMetricRules(spec, compile).labelsOf(labels, () => attributesOf(exchangeRecord()));
  const counting = (override: Partial<MetricOverrideSpec>) =>
    labelsOf({
      isOff: false,
      overrides: { REQUEST_COUNT: { isDisabled: false, removed: [], upserted: {}, ...override } },
    });

  it('that is absent leaves the labels as they are', () =>
    assert.equal(labelsOf(undefined)('REQUEST_COUNT'), 'reporter="source",response_code="503"'));

  it('turns a metric off, and no other', () => {
    const made = counting({ isDisabled: true });
    assert.equal(made('REQUEST_COUNT'), null);
    assert.equal(made('REQUEST_SIZE'), 'reporter="source",response_code="503"');
  });

  it('turns all of them off', () =>
    assert.equal(labelsOf({ isOff: true, overrides: {} })('REQUEST_SIZE'), null));

  it('removes a label', () =>
    assert.equal(counting({ removed: ['response_code'] })('REQUEST_COUNT'), 'reporter="source"'));

  it('adds labels of the request, and changes one in its place', () =>
    assert.equal(
      counting({ upserted: { host: 'request.host', response_code: 'string(response.code / 100) + "xx"' } })(
        'REQUEST_COUNT',
      ),
      'reporter="source",response_code="5xx",host="reviews:9080"',
    ));

  it('writes unknown where the request does not have it', () =>
    assert.equal(
      counting({ upserted: { team: 'request.headers["x-none"]' } })('REQUEST_COUNT'),
      'reporter="source",response_code="503",team="unknown"',
    ));
});
