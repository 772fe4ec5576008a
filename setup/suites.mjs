// Which tests there are, in which order, and what is printed about them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bold, dim, formatSeconds, green, red, SetupError, say } from './progress.mjs';
import { bin, root, run } from './shell.mjs';

/** A file that takes this long hangs: it is ended and counts as failed. */
const HANGING_MS = 600_000;

/** A process for each file: what Node compiled for one is there for the next (a quarter of the time). */
const COMPILED = join(root, '.cache', 'node');

const results = [];

/** Types, lint, layers, unit and golden tests; all are run, whatever fails. */
export async function runChecks() {
  const isClean = [
    await runTool('types', 'tsc', ['-p', root]),
    await runTool('lint and format', 'biome', ['ci', '--reporter=summary', '.']),
    await runTool('layers', 'node', ['scripts/layers.mjs']),
    await runTool('docs/compatibility.md', 'node', [
      '--disable-warning=ExperimentalWarning',
      'scripts/compatibility.mjs',
      '--check',
    ]),
    await runTests('unit', unitTestFiles()),
  ];
  return isClean.every(Boolean);
}

/** One suite per file: each has its own mesh. */
export async function runEngineSuites(wanted) {
  const files = engineTestFiles().filter(
    (file) => wanted.length === 0 || wanted.some((name) => file.includes(name)),
  );
  if (files.length === 0 && wanted.length > 0)
    throw new SetupError(`No suite is called ${wanted.join(' or ')}.`);
  for (const file of files) await runTests(file.replace(/(\.engine)?\.test\.ts$/, ''), [file]);
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
  say(dim(`in ${formatSeconds(sum('ms'))}`));
  return sum('failed') === 0;
}

const sources = () =>
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$)/.test(entry.name))
    .flatMap(({ name }) => readdirSync(join(root, name), { recursive: true }).map((path) => join(name, path)))
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
    .sort();
const isEngineTest = (file) => file.endsWith('.engine.test.ts') || file.startsWith('integration/');
const unitTestFiles = () => sources().filter((file) => !isEngineTest(file));
const engineTestFiles = () => sources().filter(isEngineTest);

async function runTool(name, program, args) {
  const startMs = performance.now();
  const result = await run(bin(program), args);
  const isClean = result.status === 0;
  say(`${isClean ? green('✔') : red('✘')} ${name} ${dim(formatSeconds(performance.now() - startMs))}`);
  if (!isClean) say(`${result.stdout}${result.stderr}`);
  results.push({ name, passed: isClean ? 1 : 0, failed: isClean ? 0 : 1, ms: performance.now() - startMs });
  return isClean;
}

async function runTests(name, files) {
  if (files.length === 0) throw new SetupError(`There are no ${name} tests to run.`);
  const startMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'lateen-test-'));
  const countsFile = join(folder, 'counts.json');
  say(`\n${bold(name)}`);
  const reporter = join(root, 'setup', 'reporter.mjs');
  const { status } = await run(
    bin('node'),
    [
      '--disable-warning=ExperimentalWarning',
      '--test',
      `--test-timeout=${HANGING_MS}`,
      `--test-reporter=${reporter}`,
      '--test-reporter-destination=stdout',
      ...files,
    ],
    { show: true, env: { LATEEN_TEST_COUNTS: countsFile, NODE_COMPILE_CACHE: COMPILED } },
  );
  const counts = readCounts(countsFile);
  rmSync(folder, { recursive: true });
  // A run that died without counting is a failure, never a pass of nothing.
  const failed = Math.max(counts.failed, status === 0 && counts.passed > 0 ? 0 : 1);
  results.push({ name, passed: counts.passed, failed, ms: performance.now() - startMs });
  return failed === 0;
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
}
