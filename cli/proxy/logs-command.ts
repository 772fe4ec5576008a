import type { Command } from 'commander';
import type Docker from 'dockerode';
import { createDocker, type FoundController } from '../ask/find-controller.ts';
import { numberBetween, print } from '../terminal/output.ts';
import { printLogs } from './logs.ts';

/** `lateen logs SERVICE`: what Compose's own `logs` would show, and the agents beside it. */
export function addLogsCommand(program: Command, find: (docker: Docker) => Promise<FoundController>): void {
  program
    .command('logs <service>')
    .description('lines of a service and of the agents beside it (`docker compose logs` does not show those)')
    .option('-f, --follow', 'go on', false)
    .option('-n, --tail <lines>', 'so many lines of each container', numberBetween(0, 1e9), 100)
    .addHelpText('after', '\nExample:\n  lateen logs reviews-v1 --follow')
    .action(async (service: string, { follow, tail }: { follow: boolean; tail: number }) => {
      const docker = await createDocker();
      await printLogs(docker, await find(docker), service, { follow, tail, write: print });
    });
}
