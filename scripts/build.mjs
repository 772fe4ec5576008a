// Emits the programs as plain JavaScript into dist/: bundled, so that an agent starts with one file to read.
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** CommonJS packages in an ESM bundle still call `require` and read `__dirname`. */
const COMMON_JS = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __dirname = import.meta.dirname;',
].join(' ');

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  absWorkingDir: root,
  logLevel: 'warning',
  sourcemap: 'linked',
  sourcesContent: false,
  define: { 'process.env.LATEEN_VERSION': JSON.stringify(version) },
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([
  build({
    ...common,
    target: 'node26',
    entryPoints: { agent: 'agent/main.ts' },
    outdir: 'dist',
    // What few snapshots need is a file of its own, loaded when one of them comes.
    splitting: true,
    chunkNames: 'agent/[name]-[hash]',
  }),
  build({
    ...common,
    target: 'node26',
    entryPoints: ['controller/main.ts'],
    outfile: 'dist/controller.js',
    banner: { js: COMMON_JS },
    // Optional native parts of ssh2 (DOCKER_HOST=ssh://…), absent on purpose.
    external: ['cpu-features', '*.node'],
  }),
  build({
    ...common,
    target: 'node20',
    entryPoints: ['cli/admin-client.ts'],
    outfile: 'dist/admin-client.js',
  }),
  build({
    ...common,
    target: 'node20',
    entryPoints: ['cli/main.ts'],
    outdir: 'dist/cli',
    packages: 'external',
    // What one verb alone needs is loaded by that verb.
    splitting: true,
  }),
]);
await cp(join(root, 'agent/supervisor/entrypoint.sh'), join(dist, 'entrypoint.sh'));
await chmod(join(dist, 'entrypoint.sh'), 0o755);
await writeFile(join(dist, 'package.json'), JSON.stringify({ type: 'module', version }));
