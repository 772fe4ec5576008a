import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { asksForAgent, LABEL } from '../../model/labels.ts';
import type { Ask } from '../ask/ask.ts';
import { CliError } from '../cli-error.ts';
import type { SyncPage } from '../proxy/proxy-status.ts';
import { listContainers } from './project-objects.ts';

const LOOK_MS = 200;

/** What stands between a project and a mesh that is in force; empty = nothing. */
export function missingProxies(
  running: readonly { readonly name: string; readonly isMeshed: boolean }[],
  page: SyncPage,
): string[] {
  const known = new Map(page.proxies.map((row) => [row.proxy.replace(/\.[^.]*$/, ''), row]));
  const missing = running
    .filter(({ name, isMeshed }) => isMeshed && known.get(name)?.state !== 'SYNCED')
    .map(({ name }) => {
      const row = known.get(name);
      return row === undefined
        ? `${name} has no agent yet`
        : `${name} is ${row.state}${row.lastError === '' ? '' : ` (${row.lastError})`}`;
    });
  return missing.length === 0 && !page.isSettled ? ['the newest configuration is on its way'] : missing;
}

/** Waits until every meshed container that runs has an agent, and every proxy the newest configuration. */
export async function waitInForce(
  docker: Docker,
  project: string,
  ask: Ask,
  timeoutMs: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<SyncPage> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const { page, missing } = await look(docker, project, ask);
    if (page !== null && missing.length === 0) return page;
    if (performance.now() > untilMs)
      throw new CliError(
        'LAT1038',
        `the mesh was not in force within ${timeoutMs / 1000} s: ${missing.join(', ')}`,
        'Is the machine busy? `--timeout SECONDS` waits longer.',
      );
    say(missing[0] ?? '');
    await sleep(LOOK_MS, undefined, { signal });
  }
}

async function look(
  docker: Docker,
  project: string,
  ask: Ask,
): Promise<{ page: SyncPage | null; missing: string[] }> {
  try {
    const page = await ask<SyncPage>('/debug/syncz');
    const containers = await listContainers(docker, project);
    const running = containers
      .filter(({ State, Labels }) => State === 'running' && Labels[LABEL.composeOneOff] !== 'True')
      .map(({ Names, Labels }) => ({ name: (Names[0] ?? '').slice(1), isMeshed: isMeshed(Labels) }));
    return { page, missing: missingProxies(running, page) };
  } catch (error) {
    // The controller has not begun to answer.
    return { page: null, missing: [error instanceof Error ? error.message : String(error)] };
  }
}

const isMeshed = (labels: Readonly<Record<string, string>>) =>
  labels[LABEL.role] === 'gateway' ||
  (labels[LABEL.role] === undefined && asksForAgent(labels) && !labels[LABEL.actsAs]);
