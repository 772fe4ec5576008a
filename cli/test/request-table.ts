import type { ObservedParty } from '../../model/observation.ts';
import type { TestRequest } from '../../model/test-mesh.ts';
import { formatTable } from '../terminal/table.ts';

/** A line per request, for a person; `-o json` has everything. */
export function requestTable(requests: readonly TestRequest[]): string {
  if (requests.length === 0) return 'No such request was seen.';
  return formatTable([
    ['FROM', 'TO', 'REQUEST', 'STATUS', 'FLAGS', 'ATTEMPTS', 'MS', 'MTLS', 'ROUTE', 'RULE'],
    ...requests.map((request) => [
      nameOf(request.source) || '-',
      nameOf(request.destination) || request.service || '-',
      `${request.method} ${request.path}`,
      String(request.status),
      request.flags.join(',') || '-',
      String(request.attempts),
      String(Math.round(request.durationMs)),
      request.isMtls ? 'yes' : 'no',
      request.route || '-',
      request.rule === null ? '-' : `${request.rule.file}:${request.rule.line}`,
    ]),
  ]);
}

const nameOf = ({ app, workload, version }: ObservedParty) =>
  [app || workload, version].filter(Boolean).join(' ');
