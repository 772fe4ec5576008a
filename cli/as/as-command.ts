import type { Command } from 'commander';
import type Docker from 'dockerode';
import { createDocker, type FoundController } from '../ask/find-controller.ts';
import { runAs } from './run-as.ts';

const HELP = `
The command runs in a container of its own, beside an agent that has the identity of SERVICE and its labels, on the
networks of SERVICE. It is not SERVICE: nobody's calls reach it. Its exit status is handed on, and nothing of it is left.
Whoever may use the Docker socket may do this, and nobody else.

Examples:
  lateen x as reviews-v2 -- curl -s http://ratings:9080/ratings/0
  lateen x as productpage --image postgres:18 -- psql -h db -U shop -c 'select 1'`;

/** `lateen x as SERVICE -- COMMAND`: a way in for a person. */
export function addAsCommand(group: Command, find: (docker: Docker) => Promise<FoundController>): void {
  group
    .command('as <service> <command...>')
    .usage('[options] <service> -- <command> [arguments...]')
    .description(
      'runs a command with the identity of a service, so that it may call what that service may call',
    )
    .option(
      '--image <image>',
      'where the command is to be found (default: the mesh’s own image, which has curl)',
    )
    .addHelpText('after', HELP)
    .action(async (service: string, command: string[], { image }: { image?: string }) => {
      const docker = await createDocker();
      const abort = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
      const input = process.stdin.isTTY ? null : process.stdin;
      process.exitCode = await runAs({
        ...{ docker, controller: await find(docker), service, command, image: image ?? null, input },
        ...{ output: process.stdout, errors: process.stderr, signal: abort.signal },
      });
      // What nobody read must not keep this program waiting.
      input?.destroy();
    });
}
