import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PORT } from '../model/ports.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');

/** What programs are made of, without comments. */
const sources = ['base', 'model', 'istio', 'agent', 'controller', 'compose', 'cli', 'testcontainers']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => /\.ts$/.test(file) && !/\.test\.ts$|\.bench\.ts$|fixture|\.d\.ts$/.test(file))
  .map((file) => ({
    file,
    text: readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
  }));

function quotedIn(pattern: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  for (const { file, text } of sources)
    for (const [, word = ''] of text.matchAll(pattern)) if (!found.has(word)) found.set(word, file);
  return found;
}

/** Words of that form that are neither a label nor an annotation which does something. */
const NO_LABELS = [
  // The groups of kinds, and the name of a kind in a message.
  /\/v\d/,
  /^networking\.istio\.io\/ServiceEntry$/,
  // Tags of spans: docs/observability.md.
  /^lateen\.(parent|route|rule)$/,
  // Names by which failoverPriority asks for what the label istio-locality says.
  /^topology\./,
  /^lateen\.test\/$/,
];

test('every label and annotation that the code names is in docs/reference/labels.md or docs/testing.md', () => {
  const pages = page('reference/labels.md') + page('testing.md');
  const names = quotedIn(
    /['"`]((?:lateen\.[a-z][\w./-]*|[\w.-]*istio\.io\/[\w-]+|prometheus\.io\/\w+))['"`]/g,
  );
  assert.ok(names.size > 30, 'the pattern finds them');
  const missing = [...names].filter(
    ([name, file]) =>
      // Analysis knows annotations of Istio that have no effect here, to say so.
      file !== 'istio/analysis/services.ts' &&
      !NO_LABELS.some((pattern) => pattern.test(name)) &&
      !pages.includes(`\`${name}\``),
  );
  assert.deepEqual(missing, []);
});

test('every metric that the code names is in docs/reference/metrics.md or docs/observability.md', () => {
  const pages = page('reference/metrics.md') + page('observability.md');
  const names = quotedIn(/['"`]((?:envoy|istio|istiod|lateen|pilot|citadel|sidecar|process)_[a-z0-9_]+)/g);
  assert.ok(names.size > 40, 'the pattern finds them');
  const missing = [...names].filter(
    ([name, file]) => /^(agent|controller|base)\//.test(file) && !pages.includes(name) && !name.endsWith('_'),
  );
  assert.deepEqual(missing, []);
});

test('every port of the mesh is a name of model/ports.ts, and in docs/reference/ports.md', () => {
  for (const port of Object.values(PORT))
    assert.match(page('reference/ports.md'), new RegExp(`^\\| ${port} \\|`, 'm'));
  const numbers = new RegExp(`\\b(${Object.values(PORT).join('|')})\\b`);
  const literal = sources.filter(
    ({ file, text }) =>
      file !== 'model/ports.ts' &&
      // A time that is the same number.
      file !== 'model/push.ts' &&
      numbers.test(text.replace(/'[^'\n]*'/g, '')),
  );
  assert.deepEqual(
    literal.map(({ file }) => file),
    [],
  );
});

test('every variable LATEEN_… that compose/mesh.yml takes is in docs/configuration.md', () => {
  const taken = readFileSync(join(root, 'compose', 'mesh.yml'), 'utf8').matchAll(/\$\{(LATEEN_\w+)/g);
  for (const [, name = ''] of taken)
    assert.ok(
      `${page('configuration.md')}${page('testing.md')}`.includes(`\`${name}`) ||
        page('testing.md').includes(name),
      name,
    );
});
