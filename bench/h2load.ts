import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Connections, and streams under way on each. */
export interface Shape {
  readonly connections: number;
  readonly streams: number;
}

export interface Request {
  readonly headers: readonly string[];
  /** Further arguments, e.g. for a body. */
  readonly more: readonly string[];
}

/** The same request headers as in the HTTP/1.1 comparison. */
const BROWSER: Request = {
  headers: ['user-agent: Mozilla/5.0', 'accept: application/json', 'cookie: session=abcdef'],
  more: [],
};

export interface Http2Load {
  readonly perSecond: number;
  readonly failed: number;
}

/** One thread, cleartext HTTP/2. */
export async function h2load(
  program: string,
  url: string,
  { connections, streams }: Shape,
  requests: number,
  { headers, more }: Request = BROWSER,
): Promise<Http2Load> {
  const { stdout } = await exec(program, [
    ...['-t1', `-c${connections}`, `-m${streams}`, `-n${requests}`],
    ...headers.flatMap((line) => ['-H', line]),
    ...more,
    url,
  ]);
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  return {
    perSecond: number(/([\d.]+) req\/s/),
    failed: requests - number(/status codes: (\d+) 2xx/),
  };
}
