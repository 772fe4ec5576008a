import type { Command } from 'commander';
import type { Ask } from '../ask/ask.ts';
import { type Format, formatAs, formatOption, print } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

/** `/debug/tracing_audit` of the controller. */
interface HeaderAudit {
  readonly service: string;
  readonly calls: number;
  readonly passedOn: number;
  readonly inferred: number;
}

/** `lateen x tracing audit`: whose traces break, because an application keeps the headers to itself. */
export function addTracingCommand(group: Command, ask: Ask): void {
  group
    .command('tracing')
    .description('traces: audit')
    .command('audit')
    .description('services that do not pass trace headers on, by the calls that were traced')
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nAn application must copy these headers from what it is asked to what it asks itself:' +
        '\n  x-request-id, and traceparent with tracestate, or x-b3-traceid, x-b3-spanid, x-b3-parentspanid, x-b3-sampled' +
        '\nWhere it does not, and was at work on one request alone, the trace is continued all the same (INFERRED).',
    )
    .action(async ({ output }: { output: Format }) => {
      const audit = await ask<HeaderAudit[]>('/debug/tracing_audit');
      print(formatAs(output, audit, () => auditTable(audit)));
    });
}

export function auditTable(audit: readonly HeaderAudit[]): string {
  if (audit.length === 0)
    return 'No traced service has called another yet. Send some requests, or raise randomSamplingPercentage.';
  return formatTable([
    ['SERVICE', 'CALLS', 'PASSED ON', 'INFERRED', 'LOST', 'VERDICT'],
    ...audit.map(({ service, calls, passedOn, inferred }) => {
      const lost = calls - passedOn - inferred;
      const verdict = inferred + lost === 0 ? 'passes the headers on' : 'drops trace headers';
      return [service, String(calls), String(passedOn), String(inferred), String(lost), verdict];
    }),
  ]);
}
