import type { NodeSpec } from '../../model/node.ts';
import type { ExchangeTelemetry } from '../exchange/pipeline.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import type { TcpTelemetry } from '../listener/acceptor.ts';
import type { Tables } from '../listener/tables.ts';
import { type AccessLogFormat, createAccessLogFormat } from './access-log.ts';
import { renderClusterMetrics } from './cluster-metrics.ts';
import { IstioMetrics } from './istio-metrics.ts';

export interface Telemetry extends ExchangeTelemetry, TcpTelemetry {
  /** Access log on or off, and its format, as the new snapshot says. */
  configure(node: NodeSpec): void;
  render(): string;
}

export interface TelemetryDeps {
  readonly tables: () => Tables | null;
  /** Takes whole lines of the access log. */
  readonly writeAccessLog: (line: string) => void;
}

export function createTelemetry({ tables, writeAccessLog }: TelemetryDeps): Telemetry {
  const metrics = new IstioMetrics(tables);
  let format: AccessLogFormat | null = null;
  return {
    get wantsRecords() {
      return format !== null;
    },
    record(record: ExchangeRecord) {
      if (format !== null) writeAccessLog(format(record));
    },
    count: (sample) => metrics.countHttp(sample),
    tcpOpened: (peer, direction, cluster, host) => metrics.openTcp(peer, direction, cluster, host),
    tcpClosed: (peer, direction, record) => metrics.closeTcp(peer, direction, record),
    configure({ accessLog }) {
      format = accessLog === null ? null : createAccessLogFormat(accessLog);
    },
    render: () => metrics.render() + renderClusterMetrics(tables()?.clusters.values() ?? []),
  };
}
