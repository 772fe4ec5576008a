import { formatTable } from '../terminal/table.ts';

/** `/debug/syncz` of the controller. */
export interface SyncPage {
  readonly meshId: string;
  readonly isSettled: boolean;
  readonly proxies: readonly ProxyRow[];
}

export interface ProxyRow {
  readonly proxy: string;
  readonly workload?: string;
  /** Where the proxy runs; absent = it is not connected. */
  readonly container?: string;
  readonly kind: 'sidecar' | 'gateway';
  readonly health: string;
  readonly state: string;
  readonly version: string;
  readonly lastError: string;
  readonly lastReplyMs: number;
  readonly agentVersion?: string;
}

/** A line per proxy: in sync or not, what it acknowledged last and when, or why it refused. */
export function formatProxyStatus(page: SyncPage, nowMs: number): string {
  const rows = page.proxies.map((row) => [
    row.proxy,
    row.kind === 'gateway' ? 'router' : 'sidecar',
    row.state,
    row.health,
    row.version === '' ? '-' : row.version,
    row.lastReplyMs === 0
      ? '-'
      : `${row.lastError === '' ? 'ACK' : 'NACK'} ${formatAge(nowMs - row.lastReplyMs)} ago`,
    row.agentVersion ?? '-',
    row.lastError,
  ]);
  return formatTable([
    ['NAME', 'TYPE', 'STATUS', 'HEALTH', 'CONFIG', 'LAST REPLY', 'VERSION', 'REASON'],
    ...rows,
  ]);
}

export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes}m` : `${Math.round(minutes / 60)}h`;
}
