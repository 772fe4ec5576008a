import { ProtobufWriter } from '../base/protobuf.ts';
import { attribute } from './otlp.ts';

/** One line of an access log, as OpenTelemetry has it. */
export interface LogEntry {
  /** Wall clock, ms. */
  readonly timeMs: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Field numbers of opentelemetry.proto.logs.v1.LogRecord. */
const RECORD = { time: 1, body: 5, attributes: 6, observed: 11 };

/** opentelemetry/proto/collector/logs/v1, ExportLogsServiceRequest. */
export function encodeLogs(resource: Readonly<Record<string, string>>, entries: readonly LogEntry[]): Buffer {
  return new ProtobufWriter()
    .message(1, (resourceLogs) => {
      resourceLogs.message(1, (writer) => {
        for (const [key, value] of Object.entries(resource)) writer.bytes(1, attribute(key, value));
      });
      resourceLogs.message(2, (scope) => {
        scope.message(1, (named) => named.string(1, 'lateen'));
        for (const entry of entries) scope.message(2, (writer) => writeEntry(writer, entry));
      });
    })
    .finish();
}

function writeEntry(writer: ProtobufWriter, { timeMs, body, attributes }: LogEntry): void {
  const nanos = BigInt(Math.round(timeMs * 1000)) * 1000n;
  writer.fixed64(RECORD.time, nanos).message(RECORD.body, (any) => any.string(1, body));
  for (const [key, value] of Object.entries(attributes))
    writer.bytes(RECORD.attributes, attribute(key, value));
  writer.fixed64(RECORD.observed, nanos);
}
