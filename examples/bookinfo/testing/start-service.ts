import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** One of the services as its container runs it, but on a free port. */
export interface RunningService extends AsyncDisposable {
  readonly url: string;
  /** Sends SIGTERM; gives the exit status. */
  stop(): Promise<number | null>;
}

export async function startService(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningService> {
  const args = ['--disable-warning=ExperimentalWarning', new URL(`../src/${file}`, import.meta.url).pathname];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const port = / listens on (\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    const stop = async () => {
      child.kill('SIGTERM');
      return (await ended)[0] as number | null;
    };
    return {
      url: `http://127.0.0.1:${port}`,
      stop,
      [Symbol.asyncDispose]: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }
  throw new Error(`${file} ended before it listened`);
}
