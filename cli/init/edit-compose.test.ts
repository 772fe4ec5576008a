import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { editCompose, INJECT } from './edit-compose.ts';

const MESH = './node_modules/lateen/compose/mesh.yml';
const edit = (text: string, labels: Readonly<Record<string, Readonly<Record<string, string>>>>) =>
  editCompose(text, { meshFile: MESH, labels: new Map(Object.entries(labels)) });
const INCLUDE = `include:\n  - { path: ${MESH}, project_directory: . }\n`;

/** The text after it; a second time nothing is added. */
function edited(text: string, labels: Parameters<typeof edit>[1]): string {
  const once = edit(text, labels).text;
  assert.equal(edit(once, labels).text, once, 'not idempotent');
  return once;
}

test('comments, order and style stay: lines are put in, and no others are changed', () => {
  const text = `# The shop.
name: shop

# All of it.
services:
  web: # the door
    image: web   # pinned
    ports: ["80:80"]
`;
  assert.equal(
    edited(text, { web: { ...INJECT, app: 'web' } }),
    `# The shop.
name: shop

${INCLUDE}
# All of it.
services:
  web: # the door
    labels: { lateen.inject: "true", app: web }
    image: web   # pinned
    ports: ["80:80"]
`,
  );
});

const SHAPES: Readonly<Record<string, string>> = {
  'a mapping': 'services:\n  web:\n    labels:\n      a: b # c\n    image: x\n',
  'a list': 'services:\n  web:\n    labels:\n      - a=b # c\n    image: x\n',
  'a list that is not indented': 'services:\n  web:\n    labels:\n    - "a=b"\n    image: x\n',
  'a mapping in one line': 'services:\n  web:\n    labels: { a: b }\n    image: x\n',
  'an empty mapping': 'services:\n  web:\n    labels: {}\n    image: x\n',
  'a list in one line': 'services:\n  web:\n    labels: [a=b]\n    image: x\n',
  'a service in one line': 'services:\n  web: { image: x }\n',
  'a service in one line, tight': 'services: {web: {image: x}}\n',
  'Windows line ends': 'services:\r\n  web:\r\n    image: x\r\n',
  'no line end at the end': 'services:\n  web:\n    image: x',
  'labels of an anchor': 'x-a: &a { labels: { a: b } }\nservices:\n  web:\n    <<: *a\n    image: x\n',
};

for (const [shape, text] of Object.entries(SHAPES))
  test(`labels as ${shape}`, () => {
    const before = parse(text, { merge: true });
    const after = parse(edited(text, { web: INJECT }), { merge: true });
    const labels = after.services.web.labels;
    const asList = Array.isArray(labels)
      ? labels
      : Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const had = before.services.web.labels ?? {};
    const hadList = Array.isArray(had) ? had : Object.entries(had).map(([key, value]) => `${key}=${value}`);
    assert.deepEqual([...asList].sort(), [...hadList, 'lateen.inject=true'].sort());
    delete after.services.web.labels;
    delete before.services.web.labels;
    delete after.include;
    assert.deepEqual(after, before);
  });

test('an include that is there gets one more entry', () => {
  for (const include of ['include:\n  - db.yml\n', 'include: [db.yml]\n', 'include: [ db.yml ]\n']) {
    const after = parse(edited(`${include}services:\n  web: { image: x }\n`, {}));
    assert.deepEqual(after.include, ['db.yml', { path: MESH, project_directory: '.' }]);
  }
});

test('a service that is an alias is told, not touched', () => {
  const text = 'x-a: &a { image: x }\nservices:\n  web: *a\n';
  const { untouched } = edit(text, { web: INJECT });
  assert.deepEqual(
    untouched.map(({ service }) => service),
    ['web'],
  );
});
