import { type Command, Option } from 'commander';
import { LOG_LEVELS } from '../../base/log.ts';
import type { Ask, AskProxy } from '../ask/ask.ts';
import { CliError, knownRemedy } from '../cli-error.ts';
import { print } from '../terminal/output.ts';
import type { SyncPage } from './proxy-status.ts';

/** `lateen proxy-config log`: what a proxy logs, and how much of it from now on. */
export function addProxyLog(group: Command, ask: Ask, askProxy: AskProxy): void {
  group
    .command('log <workload>')
    .description('how much a proxy logs; `--level` changes it until the proxy starts anew')
    .addOption(new Option('--level <level>', 'from now on').choices(LOG_LEVELS))
    .addHelpText('after', '\nExample:\n  lateen pc log reviews-v1 --level debug')
    .action(async (workload: string, { level }: { level?: string }) => {
      for (const { proxy, container } of await findProxies(workload, ask)) {
        const answer =
          level === undefined
            ? await askProxy(container, 'GET', '/logging')
            : await askProxy(container, 'POST', `/logging?level=${level}`);
        print(`${proxy}:\n${answer.trimEnd()}`);
      }
    });
}

interface RunningProxy {
  readonly proxy: string;
  readonly container: string;
}

/** All proxies of a workload, by its name or that of one of its containers. */
export async function findProxies(workload: string, ask: Ask): Promise<readonly RunningProxy[]> {
  const { proxies } = await ask<SyncPage>('/debug/syncz');
  const found = proxies.flatMap(({ proxy, workload: name, container }) =>
    container !== undefined && [proxy, proxy.split('.')[0], name].includes(workload)
      ? [{ proxy, container }]
      : [],
  );
  if (found.length > 0) return found;
  const known = [...new Set(proxies.flatMap((each) => each.workload ?? each.proxy))].sort();
  throw new CliError(
    'LAT1007',
    `no connected proxy is called ${JSON.stringify(workload)}`,
    knownRemedy(workload, known),
  );
}
