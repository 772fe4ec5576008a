import { relative } from 'node:path';
import { type Finished, lastWords } from '../ask/docker-program.ts';
import { CliError } from '../cli-error.ts';
import type { ErrorCode } from '../error-codes.ts';
import { formatPlace } from './compose-config.ts';
import type { Project } from './project.ts';

/** What is no fault of the compose file, by Docker's words. */
const KNOWN: readonly (readonly [RegExp, ErrorCode, message: string, remedy: string])[] = [
  [
    /Cannot connect to the Docker daemon|error during connect|: EOF$|connection (refused|reset)/m,
    'LAT1001',
    'the Docker daemon went away',
    'Start it again; `lateen down` then removes what is left of this run.',
  ],
  [
    /client version \S+ is too (new|old)/,
    'LAT1036',
    'the Docker client and its engine have no version of the API in common',
    'Unset DOCKER_API_VERSION if it is set; else update the older of the two.',
  ],
  [
    /no space left on device|disk quota exceeded/,
    'LAT1037',
    'the disk of the engine is full',
    '`docker system prune` frees what nothing uses, `lateen doctor` says how much there is.',
  ],
  [
    /address pools? (have|has) been fully subnetted|non-overlapping IPv4 address pool/,
    'LAT1037',
    'Docker has no addresses left for another network',
    '`docker network prune` removes the networks that nothing uses.',
  ],
  [
    /bind source path does not exist: \S*\.sock/,
    'LAT1037',
    'the socket of the engine is elsewhere',
    'Let LATEEN_DOCKER_SOCKET name it, as it is on the machine of the engine.',
  ],
];

/** Why `docker compose up` failed: the place in the user's files where there is one, and what to do. */
export function startFailure(
  project: Pick<Project, 'name' | 'config' | 'files' | 'place'>,
  done: Finished,
): CliError {
  const words = lastWords(done, 3);
  const port = takenPort(words);
  if (port !== undefined)
    return new CliError(
      'LAT1033',
      `port ${port} of this machine is taken:\n  ${words}`,
      'Stop what holds it, or publish another port.',
    );
  const [, code, message, remedy] = KNOWN.find(([pattern]) => pattern.test(words)) ?? [];
  if (code !== undefined) return new CliError(code, `${message}:\n  ${words}`, remedy ?? '');
  const service = failedService(project, done, words);
  const place = service === undefined ? null : project.place(['services', service]);
  const shown = formatPlace(place, project.files.map((file) => relative('.', file)).join(', '));
  return new CliError(
    'LAT1037',
    `${shown}: ${project.name} could not be started:\n  ${words}`,
    'Mend what Compose says, and run it again.',
  );
}

const takenPort = (words: string) =>
  /(?:address already in use|port is already allocated)/.test(words)
    ? /:(\d+)(?:: bind|\s|\/| failed)/.exec(words)?.[1]
    : undefined;

/** The one that is named, else the last that Compose began with: `Container shop-web-1  Starting`. */
function failedService(
  { name: project, config }: Pick<Project, 'name' | 'config'>,
  done: Finished,
  words: string,
) {
  const begun = done.stderr.split('\n').filter((line) => / (Starting|Creating|Error)\s*$/.test(line));
  return [words, ...begun.reverse()]
    .map((text) => text.replaceAll(`${project}-`, ''))
    .flatMap((text) => Object.keys(config.services).filter((name) => new RegExp(`\\b${name}\\b`).test(text)))
    .at(0);
}
