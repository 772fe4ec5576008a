import { parseDurationMs } from '../../istio/duration.ts';
import type { HealthCheckSpec } from '../../model/health-check.ts';

const DEFAULT_INTERVAL = '5s';
const DEFAULT_FAILURES = '3';
const HTTP = /^http:(\d{1,5})?(\/\S*)$/;
const TCP = /^tcp(?::(\d{1,5}))?$/;

/**
 * `http:/path,5s,3` or `tcp,5s,3`: what, how often, and failures in a row; a port may stand behind the colon
 * (`http:8080/path`, `tcp:3306`). null = it cannot be read.
 * @param defaultPort the application's first port, for a check that names none
 */
export function parseHealthCheck(label: string, defaultPort: number): HealthCheckSpec | null {
  const parts = label.split(',').map((part) => part.trim());
  const [what = '', interval = DEFAULT_INTERVAL, failures = DEFAULT_FAILURES] = parts;
  const http = HTTP.exec(what);
  const tcp = TCP.exec(what);
  const intervalMs = parseDurationMs(interval) ?? 0;
  const port = Number((http ?? tcp)?.[1] ?? defaultPort);
  const isValid =
    parts.length <= 3 && intervalMs >= 100 && /^[1-9]\d{0,2}$/.test(failures) && port >= 1 && port <= 65535;
  if ((http === null && tcp === null) || !isValid) return null;
  return {
    kind: http === null ? 'tcp' : 'http',
    port,
    path: http?.[2] ?? '',
    intervalMs,
    failures: Number(failures),
  };
}
