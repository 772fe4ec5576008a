import type { LogEntry } from '../../model/otlp-logs.ts';
import { withoutProof } from '../../model/proof.ts';
import type { AccessLogSpec, AccessLogsSpec, LogCollectorSpec, TrafficSide } from '../../model/telemetry.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import { createAccessLogFormat, createAttributes } from './access-log.ts';
import { attributesOf } from './attributes.ts';
import type { CompileExpression } from './expressions.ts';

/** Takes a whole line of an access log with its newline. */
export type WriteLine = (line: string, output: AccessLogSpec['output']) => void;

/** Takes entries of logs for collectors. */
export type ExportLog = (collector: LogCollectorSpec) => (entry: LogEntry) => void;

/** What a snapshot's access logs do with a finished exchange or connection. */
export interface AccessLogs {
  readonly isOn: boolean;
  write(record: ExchangeRecord): void;
}

type Writer = (record: ExchangeRecord) => void;

const toNobody: ExportLog = () => () => {};

export const NO_ACCESS_LOGS: AccessLogs = { isOn: false, write() {} };

/** @param compile needed only where some log has a filter */
export function createAccessLogs(
  specs: AccessLogsSpec,
  writeLine: WriteLine,
  compile: CompileExpression | null,
  exportLog: ExportLog = toNobody,
): AccessLogs {
  const writersOf = (side: TrafficSide) =>
    specs[side].map((spec) => {
      const write =
        spec.collector === undefined
          ? createWriter(spec, writeLine)
          : createEntries(spec, spec.collector, exportLog(spec.collector));
      return withFilter(spec, write, compile);
    });
  const writers = { client: writersOf('client'), server: writersOf('server') };
  if (writers.client.length + writers.server.length === 0) return NO_ACCESS_LOGS;
  return {
    isOn: true,
    write(record) {
      for (const write of writers[record.side]) write(record);
    },
  };
}

export function hasFilter({ client, server }: AccessLogsSpec): boolean {
  return [...client, ...server].some(({ filter }) => filter !== '');
}

function createWriter(spec: AccessLogSpec, writeLine: WriteLine): Writer {
  const format = createAccessLogFormat(spec);
  const isProofPlace = spec.output === 'stderr';
  return (record) => {
    const line = format(record);
    writeLine(isProofPlace ? withoutProof(line) : line, spec.output);
  };
}

function createEntries(
  spec: AccessLogSpec,
  { attributes }: LogCollectorSpec,
  send: (entry: LogEntry) => void,
): Writer {
  const format = createAccessLogFormat(spec);
  const attributesFor = createAttributes(attributes);
  return (record) =>
    send({
      timeMs: record.startedAtMs,
      body: format(record).trimEnd(),
      attributes: attributesFor(record),
    });
}

function withFilter(spec: AccessLogSpec, write: Writer, compile: CompileExpression | null): Writer {
  if (spec.filter === '' || compile === null) return write;
  const isWanted = compile(spec.filter);
  return (record) => {
    if (isWanted(attributesOf(record)) === true) write(record);
  };
}
