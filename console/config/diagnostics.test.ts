import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '../../istio/parse-documents.ts';
import { diagnosticsOf } from './diagnostics.ts';

const marked = (text: string) =>
  diagnosticsOf(text, parseDocuments(text, 'a.yaml').violations).map(
    ({ from, to, severity, code }) => `${code} ${severity} ${JSON.stringify(text.slice(from, to))}`,
  );

const HEAD =
  'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\nspec:\n  hosts: [a]\n';

test('a field that is not known is marked itself, with what to do', () => {
  const text = `${HEAD}  http:\n  - route: [{ destination: { host: a } }]\n    timout: 1s\n`;
  assert.deepEqual(marked(text), ['IST0106 error "timout"']);
  const [diagnostic] = diagnosticsOf(text, parseDocuments(text, 'a.yaml').violations);
  assert.match(diagnostic?.remedy ?? '', /timeout/);
});

test('a text that is no YAML is marked where it breaks', () => {
  const [only] = marked(`${HEAD}  http: [\n`);
  assert.match(only ?? '', /^LAT0001 error/);
});

test('a place that is not known, or is no longer there, is marked at a line', () => {
  const violation = {
    code: 'X',
    severity: 'Warning',
    message: '',
    remedy: '',
    resource: '',
    file: '',
    line: 0,
    column: 0,
    path: '',
  } as const;
  const texts = (text: string, line: number, column: number) =>
    diagnosticsOf(text, [{ ...violation, line, column }]).map(({ from, to }) => text.slice(from, to));
  assert.deepEqual(texts('kind: A\nb', 0, 0), ['kind']);
  assert.deepEqual(texts('a\n  b: c', 99, 3), ['b']);
  assert.deepEqual(texts('a\n  b: c', 2, 99), ['b: c']);
  assert.deepEqual(texts('', 3, 3), ['']);
});

test('a finding that knows the line alone marks the field of its path in it', () => {
  const text = 'spec:\n  - destination: { host: a, subset: v9 }\n';
  const where = { file: 'a.yaml', line: 2, column: 1, path: 'spec.http[0].route[0].destination.subset' };
  const violation = {
    code: 'IST0101',
    severity: 'Error',
    message: '',
    remedy: '',
    resource: '',
    ...where,
  } as const;
  const [diagnostic] = diagnosticsOf(text, [violation]);
  assert.equal(text.slice(diagnostic?.from, diagnostic?.to), 'subset');
});
