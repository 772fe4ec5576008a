import { accessSync, constants } from 'node:fs';
import type { ConsoleStatus } from '../../model/console.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { isSynced, proxiesByWorkload } from './proxies.ts';

/** '' = files may be saved from here. */
export function whyReadOnly({
  writeToken,
  configDirectory,
}: Pick<ConsoleDeps, 'writeToken' | 'configDirectory'>): string {
  if (writeToken === '')
    return 'No write token is set: set LATEEN_WRITE_TOKEN and LATEEN_CONFIG_READ_ONLY=false, and run `docker compose up -d`.';
  try {
    accessSync(configDirectory, constants.W_OK);
    return '';
  } catch {
    return 'The config directory is mounted read-only: set LATEEN_CONFIG_READ_ONLY=false, and run `docker compose up -d`.';
  }
}

export function statusView(deps: ConsoleDeps): ConsoleStatus {
  const { controller, hub, containers, version, wall, traffic } = deps;
  const { violations } = controller.violationLog;
  const workloads = controller.world?.workloads ?? [];
  const proxies = proxiesByWorkload(hub.statuses, containers());
  const why = whyReadOnly(deps);
  return {
    ...{ meshId: deps.meshId, version, nowMs: wall() },
    isDockerConnected: deps.isDockerConnected(),
    isSettled: controller.isCurrent && workloads.every((workload) => isSynced(workload, proxies)),
    ...{ canWrite: why === '', whyReadOnly: why },
    errors: violations.filter(({ severity }) => severity === 'Error').length,
    warnings: violations.filter(({ severity }) => severity === 'Warning').length,
    oldestTrafficMs: traffic.oldestMs(wall()),
  };
}
