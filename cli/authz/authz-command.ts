import type { Command } from 'commander';
import type { Ask } from '../ask/ask.ts';
import { type Format, formatOption, print } from '../terminal/output.ts';
import { type AuthorizationDump, formatAuthorization } from './authz-check.ts';

/** `lateen x authz check`, as istioctl has it. */
export function addAuthzCommand(group: Command, ask: Ask): void {
  group
    .command('authz')
    .description('who may call what: check')
    .command('check <workload>')
    .description('the AuthorizationPolicies that decide at a proxy, in the order of their turn')
    .addOption(formatOption())
    .addHelpText('after', '\nExample:\n  lateen x authz check reviews-v1')
    .action(async (workload: string, { output }: { output: Format }) => {
      const page = `/debug/config_dump?proxyID=${encodeURIComponent(workload)}`;
      print(formatAuthorization(await ask<AuthorizationDump>(page), output));
    });
}
