import type { Command } from 'commander';
import type { Service, Workload, World } from '../../controller/compile/world.ts';
import type { Ask } from '../ask/ask.ts';
import { CliError, knownRemedy } from '../cli-error.ts';
import { print } from '../terminal/output.ts';
import { describeWorkload } from './describe.ts';

interface RegistryPage {
  readonly services: readonly Service[];
  readonly workloads: readonly Workload[];
}

type ConfigPage = Pick<World, 'resources' | 'mesh'>;

/** `lateen x describe`, as istioctl has it for pods and services. */
export function addDescribeCommand(group: Command, ask: Ask): void {
  group
    .command('describe <name>')
    .description('which documents act on a workload, or on all of a service, and how')
    .addHelpText('after', '\nExamples:\n  lateen x describe reviews-v1\n  lateen x describe reviews')
    .action(async (name: string) => {
      const { services, workloads } = await ask<RegistryPage>('/debug/registryz');
      const { resources, mesh } = await ask<ConfigPage>('/debug/configz');
      const world: World = { meshId: '', services, workloads, resources, mesh };
      print(
        findWorkloads(world, name)
          .map((each) => describeWorkload(world, each))
          .join(`\n\n`),
      );
    });
}

/** By its own name, by what compose calls it, or by a service. */
export function findWorkloads({ services, workloads }: World, name: string): readonly Workload[] {
  const [bare = ''] = name.split('.');
  const isNamed = ({ name: own, namespace, workload }: Workload) =>
    own === bare || workload === bare || `${own}.${namespace}` === name;
  const found = workloads.filter(isNamed);
  if (found.length > 0) return found;
  const service = services.find((each) => each.name === bare || each.hostname === name);
  const members = workloads.filter(({ id }) => service?.members.includes(id) === true);
  if (members.length > 0) return members;
  const known = [...workloads.map(({ workload }) => workload), ...services.map((each) => each.name)];
  throw new CliError(
    'LAT1007',
    `no workload or service is called ${JSON.stringify(name)}`,
    knownRemedy(name, [...new Set(known)].sort()),
  );
}
