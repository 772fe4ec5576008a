import type { Clock } from '../../base/clock.ts';
import type { NodeSpec } from '../../model/node.ts';
import { encodeLogs, type LogEntry } from '../../model/otlp-logs.ts';
import type { LogCollectorSpec } from '../../model/telemetry.ts';
import { unaryCall } from '../grpc/unary-call.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { ExportQueue } from './export-queue.ts';

export interface LogExportsDeps {
  readonly clock: Clock;
  readonly cluster: (name: string) => Cluster | undefined;
  readonly node: () => NodeSpec | undefined;
}

const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const TIMEOUT_MS = 5000;

/** Access logs on their way to collectors; queues outlive the snapshots. */
export class LogExports {
  readonly #deps: LogExportsDeps;
  readonly #queues = new Map<string, ExportQueue<LogEntry>>();

  constructor(deps: LogExportsDeps) {
    this.#deps = deps;
  }

  /** What takes the entries of one log. */
  to(collector: LogCollectorSpec): (entry: LogEntry) => void {
    const { cluster, authority, logName } = collector;
    const key = `${cluster} ${authority} ${logName}`;
    const queue =
      this.#queues.get(key) ??
      new ExportQueue<LogEntry>(this.#deps.clock, (entries) => this.#send(collector, entries));
    this.#queues.set(key, queue);
    return (entry) => queue.push(entry);
  }

  #send({ cluster: name, authority, logName }: LogCollectorSpec, entries: readonly LogEntry[]) {
    return new Promise<boolean>((resolve) => {
      const cluster = this.#deps.cluster(name);
      if (cluster === undefined) {
        resolve(false);
        return;
      }
      const message = encodeLogs(resourceOf(logName, this.#deps.node()), entries);
      const request = { path: EXPORT, authority, headers: [], timeoutMs: TIMEOUT_MS, message };
      unaryCall(cluster, request, this.#deps.clock, ({ status }) => resolve(status === 0));
    });
  }

  /** Sends what waits, before the process ends. */
  async flush(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.flush()));
  }

  /** Entries by what became of them. */
  counts(): { readonly sent: number; readonly dropped: number } {
    const counts = { sent: 0, dropped: 0 };
    for (const { sent, dropped } of this.#queues.values()) {
      counts.sent += sent;
      counts.dropped += dropped;
    }
    return counts;
  }
}

/** Envoy's labels of a log (its OpenTelemetry access logger), and OpenTelemetry's name of a service. */
function resourceOf(logName: string, node: NodeSpec | undefined): Record<string, string> {
  const service = node === undefined ? '' : `${node.canonicalService}.${node.namespace}`;
  return { log_name: logName, cluster_name: service, node_name: node?.id ?? '', 'service.name': service };
}
