// Checks what STYLE calls layers: who may import whom, purity, cycles, file length, the agent's import closure, and that
// the CLI keeps to Node 20.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Longest prefix wins. `may`: prefixes that may be imported beside the folder itself. */
const LAYERS = {
  base: { may: [], pure: true },
  model: { may: ['base'], pure: true },
  istio: { may: ['model', 'base'], pure: true },
  'agent/codec': { may: ['agent/policy', 'model', 'base'], pure: true },
  'agent/policy': { may: ['agent/codec', 'model', 'base'], pure: true },
  agent: { may: ['model', 'base'] },
  'controller/compile': { may: ['istio', 'model', 'base'], pure: true },
  'controller/world': { may: ['controller/compile', 'istio', 'model', 'base'], pure: true },
  'controller/traffic': { may: ['controller/compile', 'istio', 'model', 'base'], pure: true },
  controller: { may: ['istio', 'model', 'base'] },
  compose: { may: ['istio', 'model', 'base'] },
  'compose/inject': { may: ['istio', 'model', 'base'], pure: true },
  cli: { may: ['compose', 'controller/world', 'controller/compile', 'istio', 'model', 'base'] },
  testcontainers: { may: ['compose', 'cli', 'controller/compile', 'istio', 'model', 'base'] },
  console: { may: ['istio', 'model', 'base'] },
  vectors: { may: ['agent', 'controller/compile', 'istio', 'model', 'base'] },
  integration: { may: ['vectors', 'testcontainers', 'cli', 'istio', 'model', 'base'] },
  bench: { may: ['agent', 'controller', 'integration', 'testcontainers', 'cli', 'istio', 'model', 'base'] },
  examples: { may: [] },
};

/** The makers of clock and randomness are the only impure functions of a pure folder; only `main.ts` calls them. */
const IMPURE_ON_PURPOSE = new Set(['base/clock.ts', 'base/random.ts']);
const IMPURE_MODULES =
  /^node:(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|timers|os|process|cluster|ffi|sqlite)/;
const IMPURE_CODE =
  /\b(Date\.now|performance\.now|Math\.random|setTimeout|setInterval|setImmediate|process\.(env|argv|cwd|exit)|randomBytes|randomUUID)\b|\bnew Date\(\)/;
const MODULE_STATE = /^(export )?let /m;

const MAX_LINES = 500;
/** File → why it may be longer. */
const LONG_FILES = {};

/** Loaded by `import()` alone, when a snapshot needs it. */
const AGENT_LAZY = ['@marcbachmann/cel-js'];

/** `node:http` is had by agent/admin/node-http.ts, which says why. */
const AGENT_FORBIDDEN = [
  'zod',
  'yaml',
  'undici',
  'pino',
  'dockerode',
  'chokidar',
  '@peculiar/x509',
  'node:http',
];

/** What runs on a user's own Node (20 or newer), with all that it imports. */
const ON_NODE_20 = ['cli/main.ts', 'cli/ask/admin-client.ts', 'testcontainers/testcontainers.ts'];
const NEWER_THAN_NODE_20 =
  /Promise\.(withResolvers|try)|Array\.fromAsync|\b(Object|Map)\.groupBy|RegExp\.escape|(?<!\bz)\.(union|intersection|difference|symmetricDifference|isSubsetOf|isSupersetOf|isDisjointFrom)\(|\.(values|keys|entries)\(\)\s*\.(map|filter|take|drop|flatMap|reduce|toArray|some|every|find)\(|\bIterator\.|\bawait using\b|^\s*using /m;

const problems = [];
const files = Object.keys(LAYERS)
  .filter((folder) => !folder.includes('/') && existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, path)))
  .filter((path) => /\.tsx?$/.test(path) && !path.includes('node_modules') && !path.endsWith('.d.ts'));
const text = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const imports = new Map(files.map((file) => [file, importsOf(file, text.get(file))]));
/** What is loaded at run time: types are not. */
const loads = new Map(
  files.map((file) => [file, importsOf(file, text.get(file).replace(/^import type [^;]*;/gm, ''))]),
);

for (const file of files) checkFile(file);
checkCycles();
checkAgentClosure();
checkNode20();

for (const problem of problems) console.error(problem);
console.log(`${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

function importsOf(file, code) {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
  return [...code.matchAll(pattern)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3];
    return name.startsWith('.') ? relative(root, join(root, dirname(file), name)) : name;
  });
}

function layerOf(file) {
  const folder = Object.keys(LAYERS)
    .filter((name) => file.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  return folder;
}

function checkFile(file) {
  const layer = layerOf(file);
  const isTest = /\.(test|bench)\.tsx?$/.test(file) || /\/(testing|golden)\//.test(file);
  const lines = text.get(file).split('\n').length;
  if (lines > MAX_LINES && !(file in LONG_FILES))
    problems.push(`${file}: ${lines} lines, at most ${MAX_LINES}`);
  if (/(^|\/)(utils|helpers|index)\.ts$/.test(file)) problems.push(`${file}: name it after what is in it`);
  for (const target of imports.get(file)) {
    if (target.startsWith('node:') || !/\.tsx?$/.test(target)) continue;
    const targetLayer = layerOf(target);
    if (targetLayer === layer || isTest) continue;
    const isAllowed =
      LAYERS[layer].may.some((name) => target.startsWith(`${name}/`)) || target.startsWith(`${layer}/`);
    const isOtherSide = layer === 'controller' && target.startsWith('controller/compile/');
    const isOwnInner = layer === 'agent' && target.startsWith('agent/');
    if (!isAllowed && !isOtherSide && !isOwnInner)
      problems.push(`${file}: must not import ${target} (layer ${layer})`);
  }
  if (!LAYERS[layer].pure || isTest || IMPURE_ON_PURPOSE.has(file)) return;
  for (const target of imports.get(file)) {
    if (IMPURE_MODULES.test(target)) problems.push(`${file}: pure, must not import ${target}`);
  }
  const code = text.get(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const impure = IMPURE_CODE.exec(code);
  if (impure) problems.push(`${file}: pure, must not use ${impure[0]}`);
  if (MODULE_STATE.test(code)) problems.push(`${file}: pure, must not hold mutable module state`);
}

function checkCycles() {
  const state = new Map();
  const visit = (file, path) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      problems.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      return;
    }
    state.set(file, 'open');
    for (const target of imports.get(file) ?? []) if (imports.has(target)) visit(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
}

function checkAgentClosure() {
  const seen = new Set();
  const visit = (file, via) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const target of loads.get(file) ?? []) {
      const packageName = target
        .split('/')
        .slice(0, target.startsWith('@') ? 2 : 1)
        .join('/');
      if (AGENT_FORBIDDEN.includes(packageName))
        problems.push(`agent imports ${packageName}: ${[...via, file].join(' → ')}`);
      if (AGENT_LAZY.includes(packageName) && text.get(file).includes(`from '${packageName}'`))
        problems.push(`${file}: load ${packageName} by import() where it is needed`);
      if (imports.has(target)) visit(target, [...via, file]);
    }
  };
  if (imports.has('agent/main.ts')) visit('agent/main.ts', []);
}

function checkNode20() {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file) || !imports.has(file)) return;
    seen.add(file);
    const newer = NEWER_THAN_NODE_20.exec(text.get(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''));
    if (newer) problems.push(`${file}: runs on Node 20, must not use ${newer[0].trim()}`);
    for (const target of imports.get(file)) visit(target);
  };
  for (const file of ON_NODE_20) visit(file);
}
