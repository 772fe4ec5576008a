import { spawnSync } from 'node:child_process';
import { CliError } from '../cli-error.ts';

const ANSWER_MS = 5000;

type Version = readonly [major: number, minor: number, patch: number];

/** `include`, and a restart of the application after its agent's. */
const LEAST: Version = [2, 20, 3];
/** `!reset` and `!override`, and several documents in one file. */
const LEAST_FOR_TAGS: Version = [2, 24, 4];

/**
 * Where Docker Compose is at hand it must understand what was written.
 * @throws CliError if it is too old; says nothing where there is none
 */
export function requireCompose(text: string): void {
  const { stdout, status } = spawnSync('docker', ['compose', 'version', '--short'], {
    timeout: ANSWER_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(status === 0 ? stdout.trim() : '');
  if (found === null) return;
  const version: Version = [Number(found[1]), Number(found[2]), Number(found[3])];
  const least = /: !(reset|override)\b|^---/m.test(text) ? LEAST_FOR_TAGS : LEAST;
  if (!isOlder(version, least)) return;
  throw new CliError(
    'LAT1024',
    `Docker Compose ${version.join('.')} cannot read what would be written: that takes ${least.join('.')} or newer`,
    'Update Docker Compose: https://docs.docker.com/compose/install.',
  );
}

export function isOlder(version: Version, least: Version): boolean {
  const at = version.findIndex((part, index) => part !== least[index]);
  return at >= 0 && (version[at] ?? 0) < (least[at] ?? 0);
}
