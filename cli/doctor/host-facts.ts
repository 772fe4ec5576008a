// What this machine tells of itself without the engine.
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ContainerProxy, InotifyLimits } from './facts.ts';
import { type NamedRange, routesOf } from './overlap.ts';

export async function freeBytesOf(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // The engine's file system is not this machine's.
    return null;
  }
}

export const readRoutes = (): NamedRange[] => routesOf(read('/proc/net/route') ?? '');

export function readInotify(): InotifyLimits | null {
  const [instances, watches] = ['max_user_instances', 'max_user_watches'].map((name) =>
    read(`/proc/sys/fs/inotify/${name}`),
  );
  return instances && watches ? { instances: Number(instances), watches: Number(watches) } : null;
}

/** https://docs.docker.com/engine/cli/proxy: the client puts it into the environment of what it starts. */
export function readContainerProxy(env: Readonly<Record<string, string | undefined>>): ContainerProxy | null {
  const text = read(join(env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json'));
  try {
    const { proxies = {} } = JSON.parse(text ?? '{}') as {
      readonly proxies?: Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;
    };
    const { httpProxy, httpsProxy, noProxy = '' } = proxies['default'] ?? {};
    const address = httpProxy || httpsProxy;
    return address ? { address, except: noProxy } : null;
  } catch {
    // `docker` itself says what is wrong with its file.
    return null;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
