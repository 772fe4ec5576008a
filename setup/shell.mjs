// Running other programs, with their output shown or kept.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './progress.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const bin = (name) => join(root, 'node_modules', '.bin', name);

/**
 * Runs a program to its end and gives `{status, stdout, stderr}`; never throws for an exit status.
 * `show` lets its output through; `logFile` appends it there; `timeoutMs` ends it.
 */
export function run(command, args, { show = false, logFile, env, cwd = root, input, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      timeout: timeoutMs,
    });
    const log = logFile ? createWriteStream(logFile, { flags: 'a' }) : null;
    const out = [];
    const err = [];
    const keep = (list) => (chunk) => {
      list.push(chunk);
      log?.write(chunk);
    };
    child.stdout?.on('data', keep(out));
    child.stderr?.on('data', keep(err));
    child.stdin?.end(input);
    const finish = (status, extra = '') => {
      log?.end();
      resolve({
        status,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString() + extra,
      });
    };
    child.on('error', (error) => finish(127, error.message));
    child.on('close', (code) => finish(code ?? 1));
  });
}

/** As {@link run}, but a failure ends the command, with the program's last words. */
export async function must(command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.status === 0) return result.stdout.trim();
  const words = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-15).join('\n  ');
  throw new SetupError(
    `${command} ${args.slice(0, 6).join(' ')} failed (exit status ${result.status}).\n  ${words}`,
    options.remedy,
  );
}

export const works = async (command, args, options) => (await run(command, args, options)).status === 0;
