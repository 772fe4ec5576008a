import { parseDurationMs } from '../duration.ts';
import type { FieldPath } from '../field-path.ts';
import type { ConnectionPool, OutlierDetection } from '../schema/destination-rule.ts';
import type { Findings } from './finding.ts';
import { checkDuration } from './values.ts';

/** `validateConnectionPool` of Istio. */
export function validateConnectionPool(
  pool: ConnectionPool | undefined,
  path: FieldPath,
  findings: Findings,
): void {
  if (pool === undefined) return;
  const { tcp, http } = pool;
  if (tcp === undefined && http === undefined)
    findings.error(path, 'connectionPool must have tcp or http', 'Is its content indented far enough?');
  const at = (...steps: string[]) => [...path, ...steps];
  for (const [block, fields] of Object.entries({ tcp, http })) {
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (typeof value === 'number' && value < 0)
        findings.error(at(block, name), `${name} must not be negative`, 'Leave it out for no limit.');
    }
  }
  checkDuration(tcp?.connectTimeout, at('tcp', 'connectTimeout'), findings);
  checkDuration(tcp?.maxConnectionDuration, at('tcp', 'maxConnectionDuration'), findings);
  // 0s switches the idle timeout of TCP off, and of TCP alone.
  if (parseDurationMs(tcp?.idleTimeout ?? '') !== 0)
    checkDuration(tcp?.idleTimeout, at('tcp', 'idleTimeout'), findings);
  checkDuration(tcp?.tcpKeepalive?.time, at('tcp', 'tcpKeepalive', 'time'), findings);
  checkDuration(tcp?.tcpKeepalive?.interval, at('tcp', 'tcpKeepalive', 'interval'), findings);
  checkDuration(http?.idleTimeout, at('http', 'idleTimeout'), findings);
  if (http?.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true)
    findings.error(
      at('http', 'useClientProtocol'),
      'useClientProtocol and h2UpgradePolicy UPGRADE exclude each other',
      'Keep one of them.',
    );
  for (const field of ['interval', 'timeout'] as const) {
    if (http?.http2KeepAlive === undefined) continue;
    const value = http.http2KeepAlive[field];
    if (value === undefined)
      findings.error(at('http', 'http2KeepAlive'), `${field} is required`, `Add \`${field}: 30s\`.`);
    else checkDuration(value, at('http', 'http2KeepAlive', field), findings);
  }
}

/** `validateOutlierDetection` of Istio. */
export function validateOutlierDetection(
  outlier: OutlierDetection | undefined,
  path: FieldPath,
  findings: Findings,
): void {
  if (outlier === undefined) return;
  if ((outlier.consecutiveErrors ?? 0) !== 0) {
    findings.warn(
      [...path, 'consecutiveErrors'],
      'consecutiveErrors is deprecated and has no effect',
      'Write consecutive5xxErrors or consecutiveGatewayErrors.',
    );
  }
  checkDuration(outlier.interval, [...path, 'interval'], findings);
  checkDuration(outlier.baseEjectionTime, [...path, 'baseEjectionTime'], findings);
  for (const field of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    const value = outlier[field];
    if (value !== undefined && (value < 0 || value > 100))
      findings.error([...path, field], `percentage ${value} is not in range 0..100`);
  }
  if ((outlier.consecutiveLocalOriginFailures ?? 0) > 0 && outlier.splitExternalLocalOriginErrors !== true) {
    findings.error(
      [...path, 'consecutiveLocalOriginFailures'],
      'consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors: true',
      'Set it, or leave this out.',
    );
  }
}
