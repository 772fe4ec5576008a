// Runs test files: a process for each, several at a time. What none of them may do is end well by accident: a file that
// hangs is killed, and one that dies, leaks a handle until its deadline or counts nothing has failed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, root } from './shell.mjs';

/** What Node compiled for one process is there for the next (a quarter of the time). */
const COMPILED = join(root, '.cache', 'node');
const REPORTER = join(root, 'setup', 'reporter.mjs');
/** What a dead process said is read by then, also if it left a child behind that holds its output open. */
const LAST_WORDS_MS = 1000;

/**
 * Runs files in their order, `lanes` at a time. `onStart(file)` and `onEnd(result)` tell of each; a result is
 * `{file, passed, failed, ms, output}`. What a file that is alone says is shown as it comes, and is not in its result.
 */
export async function runTestFiles(files, { lanes, deadlineMs, onStart = () => {}, onEnd }) {
  const waiting = [...files];
  const lane = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      onStart(file);
      onEnd(await runTestFile(file, deadlineMs, files.length === 1));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function runTestFile(file, deadlineMs, isLive) {
  const startMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'lateen-test-'));
  const countsFile = join(folder, 'counts.json');
  const { status, isLate, output } = await runNode(file, countsFile, deadlineMs, isLive);
  const counts = readCounts(countsFile);
  rmSync(folder, { recursive: true });
  const said = [output];
  if (isLate) said.push(`  ✘ ${file} did not end within ${deadlineMs / 1000} s and was killed\n`);
  // A file that died, or ran no test, is a failure, never a pass of nothing.
  else if (counts.failed === 0 && (status !== 0 || counts.passed === 0))
    said.push(`  ✘ ${file} ended with status ${status} after ${counts.passed} tests\n`);
  const hasFailed = isLate || status !== 0 || counts.passed === 0;
  return {
    file,
    passed: counts.passed,
    failed: Math.max(counts.failed, hasFailed ? 1 : 0),
    ms: performance.now() - startMs,
    output: said.join(''),
  };
}

function runNode(file, countsFile, deadlineMs, isLive) {
  return new Promise((resolve) => {
    const args = ['--disable-warning=ExperimentalWarning', `--test-reporter=${REPORTER}`, file];
    const child = spawn(bin('node'), args, {
      cwd: root,
      env: { ...process.env, LATEEN_TEST_COUNTS: countsFile, NODE_COMPILE_CACHE: COMPILED },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    const keep = (chunk) => (isLive ? process.stdout.write(chunk) : chunks.push(chunk));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, deadlineMs);
    const finish = (status) => {
      clearTimeout(deadline);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ status, isLate, output: Buffer.concat(chunks).toString() });
    };
    child.on('error', (error) => {
      keep(Buffer.from(`${error.message}\n`));
      finish(127);
    });
    child.on('exit', (code, signal) => setTimeout(finish, LAST_WORDS_MS, code ?? signal).unref());
    child.on('close', (code, signal) => finish(code ?? signal));
  });
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // It died before it could count.
    return { passed: 0, failed: 0 };
  }
}
