import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where the program `docker` would look for its daemon: DOCKER_HOST, else the context in use (DOCKER_CONTEXT, or
 * `docker context use`); undefined = the usual socket.
 * @throws CliError where there is no such context
 */
export function dockerHost(env: Env = process.env, home = homedir()): string | undefined {
  if (env['DOCKER_HOST']) return env['DOCKER_HOST'];
  const folder = env['DOCKER_CONFIG'] || join(home, '.docker');
  const name = env['DOCKER_CONTEXT'] || readJson(join(folder, 'config.json'))['currentContext'];
  if (typeof name !== 'string' || name === '' || name === 'default') return undefined;
  const digest = createHash('sha256').update(name).digest('hex');
  const meta = readJson(join(folder, 'contexts', 'meta', digest, 'meta.json')) as {
    Endpoints?: { docker?: { Host?: string } };
  };
  const host = meta.Endpoints?.docker?.Host;
  if (host !== undefined) return host;
  throw new CliError(
    'LAT1001',
    `the Docker context ${name} is not known`,
    '`docker context ls` lists those that are; DOCKER_CONTEXT or `docker context use` chooses one.',
  );
}

/** The path of a Unix socket of this machine; null = the daemon is reached otherwise. */
export function socketPath(host: string | undefined): string | null {
  if (host === undefined) return '/var/run/docker.sock';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : null;
}

/**
 * The socket as a container of that engine can be given it, by the name of the machine that the engine runs on; null = the
 * usual one, which it has inside its virtual machine, wherever it shows here.
 */
export function mountableSocket(host: string | undefined, machine: string, here = hostname()): string | null {
  return machine === here ? socketPath(host) : null;
}

function readJson(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch {
    // Most people have none.
    return {};
  }
}
