import { runDocker, runProgram } from '../ask/docker-program.ts';
import { CliError } from '../cli-error.ts';

const ANSWER_MS = 5000;
const NO_PROGRAM = 'the program `docker` is not there';

type Version = readonly [major: number, minor: number, patch: number];

/**
 * `lateen up` puts files over others that include some: `include` came with 2.20.0
 * (docs.docker.com/reference/compose-file/include, "Introduced in Docker Compose version 2.20.0").
 */
const LEAST_FOR_UP: Version = [2, 20, 0];
/** `include`, and a restart of the application after its agent's. */
const LEAST_FOR_INJECTED: Version = [2, 20, 3];
/**
 * `!override` (docs.docker.com/reference/compose-file/merge, "Replace value": 2.24.4), and several documents in one file;
 * `!reset` is older.
 */
const LEAST_FOR_TAGS: Version = [2, 24, 4];

/**
 * Its version.
 * @throws CliError where Compose is missing or too old for `lateen up`
 */
export async function requireComposeForUp(): Promise<string> {
  const { status, stdout, stderr } = await runDocker(['compose', 'version', '--short']);
  if (status !== 0) throw unusable(await whyNoCompose(status, stderr), LEAST_FOR_UP);
  const version = parseVersion(stdout);
  if (version === null && /podman-compose/.test(stdout + stderr))
    throw unusable(
      '`docker compose` is podman-compose here, which is another program than Docker Compose',
      LEAST_FOR_UP,
    );
  if (version === null || isOlder(version, LEAST_FOR_UP))
    throw unusable(`Docker Compose ${stdout.trim()} is too old`, LEAST_FOR_UP);
  return version.join('.');
}

/**
 * Where Docker Compose is at hand it must understand what `lateen inject` has written.
 * @throws CliError if it is too old; says nothing where there is none
 */
export async function requireComposeFor(text: string): Promise<void> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const { status, stdout } = await runDocker(['compose', 'version', '--short'], { signal });
  const version = status === 0 ? parseVersion(stdout) : null;
  const least = /: !(reset|override)\b|^---/m.test(text) ? LEAST_FOR_TAGS : LEAST_FOR_INJECTED;
  if (version !== null && isOlder(version, least))
    throw unusable(`Docker Compose ${version.join('.')} cannot read what would be written`, least);
}

/** A client without the plugin takes the word for one of its own: it knows neither the command nor its flags. */
async function whyNoCompose(status: number, stderr: string): Promise<string> {
  if (status === 127) return NO_PROGRAM;
  const [said = ''] = stderr.trim().split('\n');
  if (!/unknown (shorthand )?flag|unknown command|is not a docker command/i.test(said))
    return `Docker Compose does not answer (${said})`;
  const old = await runProgram('docker-compose', ['version', '--short']);
  const version = old.status === 0 ? old.stdout.trim() : '';
  return `\`docker\` has no plugin \`compose\`${version === '' ? '' : `, and the program docker-compose ${version} is not used`}`;
}

const unusable = (why: string, least: Version) =>
  new CliError(
    'LAT1035',
    why,
    `Install ${why === NO_PROGRAM ? 'Docker with ' : ''}the Compose plugin ${least.join('.')} or newer: docs.docker.com/compose/install.`,
  );

function parseVersion(text: string): Version | null {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text.trim());
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3])];
}

export function isOlder(version: Version, least: Version): boolean {
  const at = version.findIndex((part, index) => part !== least[index]);
  return at >= 0 && (version[at] ?? 0) < (least[at] ?? 0);
}
