import { spawn } from 'node:child_process';

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
  /** Ends the program early. */
  readonly signal?: AbortSignal;
}

/** Runs the program `docker` to its end; a status other than 0 is given, not thrown (127 = there is no such program). */
export const runDocker = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  runProgram('docker', args, options);

export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    options.signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    const [out, err]: [string[], string[]] = [[], []];
    for (const [stream, kept] of [
      [child.stdout, out],
      [child.stderr, err],
    ] as const)
      stream.setEncoding('utf8').on('data', (text: string) => {
        kept.push(text);
        const line = text.trimEnd().split('\n').at(-1);
        if (line !== undefined && line !== '') options.onLine?.(line);
      });
    const finish = (status: number, more = '') =>
      resolve({ status, stdout: out.join(''), stderr: err.join('') + more });
    child.on('error', (error) => finish(127, error.message));
    child.on('close', (code) => finish(code ?? 1));
  });
}

/** Compose's own progress, which tells nothing of a failure. */
const PROGRESS = /^\s*(Container|Network|Volume|Image) \S+ +\w+$/;

/** What a program said last, for a message. */
export function lastWords({ stdout, stderr }: Finished, lines = 8): string {
  const said = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !PROGRESS.test(line));
  return said.slice(-lines).join('\n  ');
}
