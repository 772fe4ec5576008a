import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Socket errors and answers other than 2xx and 3xx. */
  readonly failed: number;
}

/**
 * One thread, 64 connections, keep-alive, four ordinary request headers. `host` '' = the URL's; `options` are wrk's own,
 * and come last.
 */
export async function wrk(
  url: string,
  seconds: number,
  host = '',
  more: readonly string[] = [],
  options: readonly string[] = [],
): Promise<Load> {
  const headers = ['User-Agent: Mozilla/5.0', 'Accept: application/json', 'Cookie: session=abcdef', ...more];
  if (host !== '') headers.push(`Host: ${host}`);
  const args = ['-t1', '-c64', `-d${seconds}s`, '--latency', ...headers.flatMap((line) => ['-H', line])];
  const { stdout } = await exec('wrk', [...args, ...options, url]);
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout);
  return {
    requests: number(/(\d+) requests in/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    failed:
      number(/Non-2xx or 3xx responses: (\d+)/) +
      (socketErrors?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0),
  };
}

function milliseconds(match: RegExpExecArray | null): number {
  const scale = { us: 0.001, ms: 1, s: 1000 }[match?.[2] ?? 'ms'] ?? 1;
  return Number(match?.[1] ?? 0) * scale;
}
