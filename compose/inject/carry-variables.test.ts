import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolate } from '../../cli/compose/interpolate.ts';
import { carryVariables } from './carry-variables.ts';

test('a variable of an included file’s own .env is written with its value as a default', () => {
  const variables = { PORT: '8080', COST: '5$', EMPTY: '' };
  const cases = {
    'a $PORT:80': 'a ${PORT-8080}:80',
    '${PORT}:80': '${PORT-8080}:80',
    '${OTHER}${OTHER:-x}': '${OTHER}${OTHER:-x}',
    '${OTHER:-${PORT}}': '${OTHER:-${PORT-8080}}',
    '$COST $$COST $9': '${COST-5$$} $$COST $9',
    '${EMPTY:-x}': '${EMPTY:-x}',
    '${PORT:?say it}': '${PORT-8080}',
  };
  for (const [text, expected] of Object.entries(cases))
    assert.equal(carryVariables(text, variables), expected, text);
});

test('it means the same, whatever the outside sets', () => {
  const texts = ['$A', '${A}', '${A-d}', '${A:-d}', '${A+d}', '${A:-${B}x}', '${B-${A:-d}}', 'x${B+$A}'];
  for (const own of [{ A: 'v' }, { A: '' }, { A: 'v', B: 'w' }, { A: '$5' }] as const)
    for (const outside of [{}, { A: '' }, { A: 'o' }, { B: '' }, { A: 'o', B: 'p' }])
      for (const text of texts)
        assert.equal(
          interpolate(carryVariables(text, own), outside),
          interpolate(text, { ...own, ...outside }),
          `${text} with ${JSON.stringify(own)} in ${JSON.stringify(outside)}`,
        );
});
