import type { Paint } from '../terminal/colour.ts';
import { formatTable } from '../terminal/table.ts';
import type { MeshStatus, ServiceStatus } from './mesh-status.ts';

const dash = (text: string) => (text === '' ? '-' : text);

export function formatStatus(status: MeshStatus, isWide: boolean, paint: Paint): string {
  const rows = status.services.map((row) => [...narrowCells(row), ...(isWide ? wideCells(row) : [])]);
  // What went wrong is long: it stands last.
  const cells = rows.map((row, at) => [...row, status.services[at]?.lastError ?? '']);
  const titles = ['SERVICE', 'VERSION', 'READY', 'AGENTS', 'SYNC', 'MTLS'];
  const wideTitles = isWide ? ['NAMESPACE', 'APP', 'TYPE', 'AGENT', 'CONFIG'] : [];
  return [
    summary(status, paint),
    '',
    formatTable([[...titles, ...wideTitles, 'LAST ERROR'], ...cells]),
    ...(status.lastError === '' ? [] : ['', `${paint('red', 'Last error:')} ${status.lastError}`]),
  ].join('\n');
}

function summary(status: MeshStatus, paint: Paint): string {
  const sync = status.isSettled ? paint('green', 'in sync') : paint('yellow', 'not yet in sync');
  const docker = status.isDockerConnected ? '' : `, ${paint('red', 'Docker does not answer the controller')}`;
  const findings = `${count(status.errors, 'error')}, ${count(status.warnings, 'warning')}`;
  return `${paint('bold', status.mesh)}: ${sync}${docker}; controller ${status.version}; configuration: ${findings}`;
}

const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;

const narrowCells = (row: ServiceStatus) => [
  row.service,
  dash(row.version),
  `${row.ready}/${row.containers}`,
  row.kind === 'none' ? '-' : `${row.agents}/${row.containers}`,
  dash(row.sync),
  dash(row.mtls),
];

const wideCells = (row: ServiceStatus) => [
  row.namespace,
  dash(row.app),
  row.kind,
  dash(row.agentVersion),
  dash(row.config),
];
