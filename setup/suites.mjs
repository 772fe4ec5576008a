// Which tests there are, in which order, and what is printed about them.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bold, dim, formatSeconds, green, red, SetupError, say } from './progress.mjs';
import { bin, root, run } from './shell.mjs';
import { runTestFiles } from './test-files.mjs';
import { unitTestEntries } from './unit-tests.mjs';

/** A file that takes this long hangs: it is killed and counts as failed. */
const HANGING_MS = { unit: 180_000, engine: 600_000 };

/** Suites on the engine mostly wait for it, and each has a mesh of its own. */
const ENGINE_LANES = 2;

/** These take the longest: begun first, they leave no lane idle at the end. */
const LONGEST = ['integration/vectors', 'integration/injected-services', 'integration/recipes'];

const results = [];

/** Types, lint, layers, unit and golden tests; all are run, whatever fails. */
export async function runChecks() {
  const isClean = [
    await runTool('types', 'tsc', ['-p', root]),
    await runTool('types of the console', 'tsc', ['-p', join(root, 'console')]),
    await runTool('lint and format', 'biome', ['ci', '--reporter=summary', '.']),
    await runTool('layers', 'node', ['scripts/layers.mjs']),
    await runTool('licences', 'node', ['scripts/licences.mjs']),
    await runTool('docs/compatibility.md', 'node', [
      '--disable-warning=ExperimentalWarning',
      'scripts/compatibility.mjs',
      '--check',
    ]),
    await runTool('docs/reference and docs/errors.md', 'node', [
      '--disable-warning=ExperimentalWarning',
      'scripts/reference.mjs',
      '--check',
    ]),
    await runUnitTests(),
  ];
  return isClean.every(Boolean);
}

/** One suite per file: each has its own mesh. */
export async function runEngineSuites(wanted) {
  const files = engineTestFiles().filter(
    (file) => wanted.length === 0 || wanted.some((name) => file.includes(name)),
  );
  if (files.length === 0) throw new SetupError(`No suite is called ${wanted.join(' or ')}.`);
  say(`\n${bold('on the engine')} ${dim(`${files.length} suites, ${ENGINE_LANES} at a time`)}`);
  await runTestFiles(longestFirst(files), {
    lanes: ENGINE_LANES,
    deadlineMs: HANGING_MS.engine,
    onStart: (file) => say(dim(`▸ ${suiteName(file)}`)),
    onEnd: ({ file, ...result }) => {
      sayResult(suiteName(file), result);
      results.push({ name: suiteName(file), ...result });
    },
  });
}

/** The closing table; true if nothing failed. */
export function printSummary() {
  say(`\n${bold('Suites')}`);
  for (const { name, passed, failed, ms } of results) {
    const mark = failed === 0 ? green('✔') : red('✘');
    say(
      `${mark} ${name.padEnd(58)} ${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${formatSeconds(ms).padStart(9)}`,
    );
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  say(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  say(dim(`in ${formatSeconds(performance.now())}`));
  return sum('failed') === 0;
}

/** Of packages, and of projects that are shown: integration/testing-examples runs those as their users do. */
const NOT_OURS = /(^|\/)node_modules\/|^examples\/testing\//;
const sources = () =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$)/.test(entry.name))
    .flatMap(({ name }) => readdirSync(join(root, name), { recursive: true }).map((path) => join(name, path)))
    .filter((path) => path.endsWith('.test.ts') && !NOT_OURS.test(path))
    .sort();
const isEngineTest = (file) => file.endsWith('.engine.test.ts') || file.startsWith('integration/');
const engineTestFiles = () => sources().filter(isEngineTest);
const suiteName = (file) => file.replace(/(\.engine)?\.test\.ts$/, '');
const rank = (file) => (LONGEST.some((name) => file.startsWith(name)) ? 0 : 1);
const longestFirst = (files) => [...files].sort((a, b) => rank(a) - rank(b));

async function runTool(name, program, args) {
  const startMs = performance.now();
  const result = await run(bin(program), args);
  const isClean = result.status === 0;
  say(`${isClean ? green('✔') : red('✘')} ${name} ${dim(formatSeconds(performance.now() - startMs))}`);
  if (!isClean) say(`${result.stdout}${result.stderr}`);
  results.push({ name, passed: isClean ? 1 : 0, failed: isClean ? 0 : 1, ms: performance.now() - startMs });
  return isClean;
}

/** More processes than cores: some tests wait. */
async function runUnitTests() {
  const startMs = performance.now();
  const entries = unitTestEntries(sources().filter((file) => !isEngineTest(file)));
  const ended = [];
  say(`\n${bold('unit')}`);
  await runTestFiles(entries, {
    lanes: availableParallelism() + 1,
    deadlineMs: HANGING_MS.unit,
    onEnd: (result) => {
      ended.push(result);
      if (result.output !== '') process.stdout.write(result.output);
      if (ended.length % 20 === 0) say(dim(`  ${ended.length} of ${entries.length} files`));
    },
  });
  const sum = (key) => ended.reduce((total, result) => total + result[key], 0);
  const total = { passed: sum('passed'), failed: sum('failed'), ms: performance.now() - startMs };
  sayResult('unit', { ...total, output: '' });
  const slowest = ended.sort((a, b) => b.ms - a.ms).slice(0, 3);
  say(dim(`  slowest: ${slowest.map(({ file, ms }) => `${file} ${formatSeconds(ms)}`).join(', ')}`));
  results.push({ name: 'unit', ...total });
  return total.failed === 0;
}

function sayResult(name, { passed, failed, ms, output }) {
  const counts = `${passed} passed, ${failed} failed`;
  say(`${failed === 0 ? green('✔') : red('✘')} ${bold(name)} ${counts} ${dim(formatSeconds(ms))}`);
  if (output !== '') process.stdout.write(output);
}
