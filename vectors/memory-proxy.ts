import { createFailingPool, poolOf } from '../agent/exchange/memory-codec.ts';
import type { ExchangeRecord } from '../agent/exchange/record.ts';
import type { Pool } from '../agent/exchange/streams.ts';
import { createHttpPipelineFactory } from '../agent/http/http-pipeline.ts';
import { NO_TLS_THERE } from '../agent/http/upstream-socket.ts';
import { buildTables, checkSnapshot, type Tables } from '../agent/listener/tables.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { compileSnapshot } from '../controller/compile/compile-snapshot.ts';
import type { Workload } from '../controller/compile/world.ts';
import type { WorldIndex } from '../controller/compile/world-index.ts';

/** No application of the recordings speaks TLS to a proxy that speaks it of its own accord. */
const NO_TLS = createFailingPool({ kind: 'connect-failure', reason: NO_TLS_THERE });

export interface ProxyDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** `from`: the address that the cluster dials from, '' = the workload's own. */
  readonly connect: (address: string, port: number, from: string) => Pool;
}

/** One proxy: its snapshot compiled as the controller does, its tables built as the agent does. */
export class MemoryProxy {
  readonly tables: Tables;
  /** One for each request that is over, in order. */
  readonly records: ExchangeRecord[] = [];

  constructor(index: WorldIndex, workload: Workload, { clock, random, connect }: ProxyDeps) {
    const snapshot = compileSnapshot(index, workload);
    let requests = 0;
    const createPipeline = createHttpPipelineFactory({
      clock,
      random,
      telemetry: { wantsRecords: true, record: (record) => this.records.push(record), count() {} },
      createRequestId: () => `${workload.name}-${++requests}`,
    });
    this.tables = buildTables(snapshot, checkSnapshot(snapshot), null, {
      clock,
      random,
      createPipeline,
      resolved: new Map(),
      createPool: ({ discovery, tls }, host) => {
        if (tls !== null) return NO_TLS;
        const from = discovery.kind === 'original-destination' ? discovery.sourceAddress : '';
        return poolOf((head, hasBody, events) =>
          connect(host.address, host.port, from).request(head, hasBody, events),
        );
      },
    });
  }
}
