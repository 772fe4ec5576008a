import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pagesOf } from './documented-commands.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'lateen-package-'));
after(() => rmSync(folder, { recursive: true }));

/** Unpacked; what is more than this is a dependency that came in unseen. */
const MOST_BYTES = 9_000_000;

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const path of ['package.json', 'README.md', 'LICENSE', ...manifest.files])
  if (!path.startsWith('!') && path !== 'dist' && existsSync(join(root, path)))
    cpSync(join(root, path), join(folder, path), { recursive: true });
execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs'), join(folder, 'dist')]);
const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder, encoding: 'utf8' }),
) as [{ unpackedSize: number; files: { path: string }[] }];
const paths = packed.files.map(({ path }) => path);

test('the package has what runs, and no sources, tests or maps', () => {
  for (const path of ['bin/lateen', 'compose/mesh.yml', 'compose/Dockerfile', '.dockerignore', 'LICENSE'])
    assert.ok(paths.includes(path), path);
  const known =
    /^(bin\/lateen|compose\/[\w./-]+|dist\/.+|README\.md|CHANGELOG\.md|LICENSE|NOTICE|package\.json|\.dockerignore)$/;
  assert.deepEqual(
    paths.filter((path) => !known.test(path) || /\.map$|(?<!\.d)\.[cm]?ts$|\.test\./.test(path)),
    [],
  );
});

test('every file that a page names in node_modules/lateen is in the package', () => {
  for (const page of pagesOf(root))
    for (const [, path = ''] of readFileSync(join(root, page), 'utf8').matchAll(
      /node_modules\/lateen\/([\w./-]+\.\w+)/g,
    ))
      assert.ok(paths.includes(path), `${page}: ${path}`);
});

test(`the package unpacks to less than ${MOST_BYTES / 1e6} MB`, (context) => {
  context.diagnostic(`${(packed.unpackedSize / 1e6).toFixed(1)} MB in ${paths.length} files`);
  assert.ok(packed.unpackedSize < MOST_BYTES, String(packed.unpackedSize));
});

test('every program and export that package.json names is in the package, with its types', () => {
  const exported = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry as Record<string, string>),
  );
  for (const path of [...exported, ...Object.values(manifest.bin as Record<string, string>)])
    assert.ok(paths.includes(path.replace(/^\.\//, '')), path);
});

test('types name no file that is not in the package', () => {
  for (const path of paths.filter((each) => /\.d\.[cm]?ts$/.test(each))) {
    const text = readFileSync(join(folder, path), 'utf8');
    for (const [, name = ''] of text.matchAll(/from '(\.[^']+)'/g))
      assert.ok(
        paths.includes(join(dirname(path), name.replace(/\.([cm]?)[jt]s$/, '.d.$1ts'))),
        `${path}: ${name}`,
      );
  }
});

test('the tag of the image in compose/mesh.yml is the version of the package', () => {
  const tags = readFileSync(join(root, 'compose', 'mesh.yml'), 'utf8').match(/lateen:[\d.]+/g) ?? [];
  assert.deepEqual([...new Set(tags)], [`lateen:${manifest.version}`]);
});

test('the licences of everything that is bundled are in the package', () => {
  const notices = readFileSync(join(folder, 'dist', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  for (const name of ['zod', 'commander', 'dockerode', 'preact', 'yaml', '@peculiar/x509'])
    assert.match(notices, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(\\S+\\)$`, 'm'), name);
  assert.doesNotMatch(notices, /^(typescript|esbuild|vite|lightningcss|axe-core) /m);
  assert.doesNotMatch(notices, /\((?:MPL|LGPL|GPL)/);
  assert.doesNotMatch(notices, /undefined/);
});

test('two builds of one version are the same, byte by byte', () => {
  const again = join(folder, 'again');
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs'), again]);
  for (const path of paths.filter((each) => each.startsWith('dist/')))
    assert.deepEqual(readFileSync(join(again, path.slice(5))), readFileSync(join(folder, path)), path);
});

test('what the package exports is there for TypeScript and for Node', () => {
  const consumer = join(folder, 'consumer');
  const modules = join(consumer, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const name of ['testcontainers', '@types'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  for (const path of paths) cpSync(join(folder, path), join(modules, 'lateen', path));
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(consumer, 'a.ts'),
    "import * as lateen from 'lateen/testcontainers';\nexport const names: string[] = Object.keys(lateen);\n",
  );
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), [...options, 'a.ts'], { cwd: consumer });
  const said = (type: string, script: string) =>
    execFileSync(process.execPath, [`--input-type=${type}`, '-e', script], {
      cwd: consumer,
      encoding: 'utf8',
    });
  const print = 'console.log(typeof LateenMesh, meshPackage().image);';
  const expected = `function lateen:${manifest.version}\n`;
  assert.equal(
    said('module', `import { LateenMesh, meshPackage } from 'lateen/testcontainers'; ${print}`),
    expected,
  );
  assert.equal(
    said('commonjs', `const { LateenMesh, meshPackage } = require('lateen/testcontainers'); ${print}`),
    expected,
  );
});
