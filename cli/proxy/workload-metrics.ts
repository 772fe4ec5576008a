import { type Command, Option } from 'commander';
import type { Service, Workload, World } from '../../controller/compile/world.ts';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import type { Ask } from '../ask/ask.ts';
import { findWorkloads } from '../describe/describe-command.ts';
import { type Format, formatAs, formatOption, numberBetween, print } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

/** One entry of `/debug/workload_metrics` of the controller. */
export interface WorkloadMetrics {
  readonly node: string;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

interface RegistryPage {
  readonly services: readonly Service[];
  readonly workloads: readonly Workload[];
}

/** More the controller does not remember (controller/traffic/traffic-store.ts). */
const MOST_SECONDS = 900;

/** `lateen x metrics`, as istioctl has it, from what the agents report: no Prometheus is needed. */
export function addMetricsCommand(group: Command, ask: Ask): void {
  group
    .command('metrics [names...]')
    .description('requests, errors and durations of workloads, or of services, in the last minute')
    .addOption(
      new Option('-d, --duration <seconds>', 'look so far back')
        .default(60)
        .argParser(numberBetween(1, MOST_SECONDS)),
    )
    .addOption(formatOption())
    .addHelpText('after', '\nExamples:\n  lateen x metrics\n  lateen x metrics reviews productpage -d 300')
    .action(async (names: readonly string[], { duration, output }: { duration: number; output: Format }) => {
      const all = await ask<WorkloadMetrics[]>(`/debug/workload_metrics?seconds=${duration}`);
      const { services, workloads } = await ask<RegistryPage>('/debug/registryz');
      const world = { meshId: '', services, workloads, resources: [], mesh: DEFAULT_MESH_CONFIG };
      const chosen = chooseMetrics(all, world, names);
      print(formatAs(output, chosen, () => formatMetrics(chosen)));
    });
}

/** Of those that are named, quiet ones too; without names of all that anybody called. */
export function chooseMetrics(
  all: readonly WorkloadMetrics[],
  world: World,
  names: readonly string[],
): readonly WorkloadMetrics[] {
  if (names.length === 0) return all;
  const nodes = names.flatMap((name) => findWorkloads(world, name).map(nodeOf));
  return [...new Set(nodes)].map((node) => all.find((each) => each.node === node) ?? quiet(node));
}

const nodeOf = ({ namespace, workload, labels }: Workload) =>
  `workload/${namespace}/${workload}/${labels['version'] ?? ''}`;

const quiet = (node: string): WorkloadMetrics => ({
  ...{ node, requestsPerSecond: 0, errorsPerSecond: 0, p50: null, p90: null, p99: null },
});

export function formatMetrics(metrics: readonly WorkloadMetrics[]): string {
  if (metrics.length === 0) return 'Nobody has called anybody in that time. Send some requests.';
  const ms = (value: number | null) => (value === null ? '-' : `${Math.round(value * 10) / 10}ms`);
  return formatTable([
    ['WORKLOAD', 'TOTAL RPS', 'ERROR RPS', 'P50 LATENCY', 'P90 LATENCY', 'P99 LATENCY'],
    ...metrics.map(({ node, requestsPerSecond, errorsPerSecond, p50, p90, p99 }) => {
      const [, namespace = '', workload = ''] = node.split('/');
      const name = namespace === 'default' ? workload : `${workload}.${namespace}`;
      return [name, requestsPerSecond.toFixed(3), errorsPerSecond.toFixed(3), ms(p50), ms(p90), ms(p99)];
    }),
  ]);
}
