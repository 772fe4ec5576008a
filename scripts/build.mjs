// Emits the programs as plain JavaScript into dist/: bundled with all that they use, so that an agent starts with one file
// to read and an installed package needs no other. What a test suite imports goes to dist/library, with its types.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { thirdPartyNotices } from './third-party.mjs';
import { emitTypes } from './types.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Where to: `dist`, or the folder that is given. */
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** CommonJS packages in an ESM bundle still call `require` and read `__dirname`. */
const COMMON_JS = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __dirname = import.meta.dirname;',
].join(' ');

/** Parts of dockerode that nothing here calls: sessions of image builds, and by a controller SSH. */
const without = (...names) => ({
  name: 'without',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${names.join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'without' }));
    onLoad({ filter: /./, namespace: 'without' }, () => ({ contents: 'module.exports = {};' }));
  },
});
const BUILD_SESSIONS = ['@grpc/grpc-js', '@grpc/proto-loader'];

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  absWorkingDir: root,
  logLevel: 'warning',
  // Names stay, for stacks; the maps of a version are made again from its sources.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 200,
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  define: { 'process.env.LATEEN_VERSION': JSON.stringify(version) },
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const built = await Promise.all([
  build({
    ...common,
    target: 'node26',
    entryPoints: { agent: 'agent/main.ts' },
    outdir: dist,
    // What few snapshots need is a file of its own, loaded when one of them comes.
    splitting: true,
    chunkNames: 'agent/[name]-[hash]',
  }),
  build({
    ...common,
    target: 'node26',
    entryPoints: ['controller/main.ts'],
    outfile: join(dist, 'controller.js'),
    banner: { js: COMMON_JS },
    plugins: [without(...BUILD_SESSIONS, 'ssh2')],
  }),
  build({
    ...common,
    target: 'node20',
    entryPoints: ['cli/ask/admin-client.ts'],
    outfile: join(dist, 'admin-client.js'),
  }),
  build({
    ...common,
    target: 'node20',
    entryPoints: { 'cli/main': 'cli/main.ts' },
    outdir: dist,
    chunkNames: 'cli/part-[name]-[hash]',
    banner: { js: COMMON_JS },
    plugins: [without(...BUILD_SESSIONS)],
    // Optional native parts of ssh2 (DOCKER_HOST=ssh://…) are absent on purpose.
    external: ['cpu-features', '*.node'],
    // What one verb alone needs is loaded by that verb.
    splitting: true,
  }),
  // CommonJS, which every runner can import and require: Jest's own `require` takes no ESM, and Node's only from 20.19 on.
  build({
    ...common,
    format: 'cjs',
    target: 'node20',
    entryPoints: ['testcontainers/testcontainers.ts'],
    outfile: join(dist, 'library', 'testcontainers.cjs'),
    define: { ...common.define, 'import.meta.url': '__moduleUrl' },
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    // It must meet the very classes of the test suite.
    external: ['testcontainers'],
  }),
  emitTypes('testcontainers', join(dist, 'library')),
]);
const inConsole = await buildConsole();
const inPrograms = built.flatMap((result) => Object.keys(result?.metafile?.inputs ?? {}));
await writeFile(join(dist, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices([...inPrograms, ...inConsole]));
await cp(join(root, 'agent/supervisor/entrypoint.sh'), join(dist, 'entrypoint.sh'));
await chmod(join(dist, 'entrypoint.sh'), 0o755);
await writeFile(join(dist, 'package.json'), JSON.stringify({ type: 'module', version }));

/**
 * The console by Vite (console/vite.config.ts), with each of its texts packed once for all who ask. Gives the files that
 * are in it.
 */
async function buildConsole() {
  const source = join(root, 'console');
  const target = join(dist, 'console');
  const vite = await import('vite');
  const { output } = await vite.build({
    root: source,
    logLevel: 'warn',
    build: { outDir: target, emptyOutDir: true },
  });
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(html|js|css|svg|json)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    if (content.length < 1024) continue;
    await Promise.all([
      writeFile(`${path}.br`, brotliCompressSync(content)),
      writeFile(`${path}.gz`, gzipSync(content, { level: 9 })),
    ]);
  }
  return output.flatMap(({ moduleIds = [] }) => moduleIds);
}
