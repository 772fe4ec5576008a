import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode, errorMessage, LateenError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { CONTROL_DIRECTORY } from '../model/agent-container.ts';
import { LABEL } from '../model/labels.ts';
import type { DockerReader, EngineKind } from './docker/docker-reader.ts';
import type { Membership } from './world/membership.ts';

/** What the controller learns of itself from Docker: everything else follows from it. */
export interface Self {
  readonly id: string;
  readonly image: string;
  /** Named volume that agents must share; '' = the socket is not on a volume, so nothing can be attached. */
  readonly controlVolume: string;
  /** Test session (testcontainers) that the mesh belongs to, '' = none. */
  readonly session: string;
  readonly membership: Membership;
}

const DAEMON_REMEDY =
  'Start Docker; where its socket is not /var/run/docker.sock, set LATEEN_DOCKER_SOCKET and run `docker compose up -d`.';

const REFUSED_REMEDY =
  'Run Docker 20.10 (API 1.41) or newer; what stands before its socket must let `GET /containers/ID/json` through (docs/docker-api.md).';

/**
 * @param wantedMesh `LATEEN_MESH`, '' = the compose project's name
 * @param isTest `LATEEN_TEST_MESH`: a mesh that no Compose started has the compose project of its own name as well
 * @throws LateenError if the daemon does not answer, or this process does not run in a container of the daemon that it talks to
 */
export async function inspectSelf(docker: DockerReader, wantedMesh: string, isTest = false): Promise<Self> {
  try {
    const info = await docker.inspectContainer(hostname());
    const labels = info.Config.Labels ?? {};
    const project = labels[LABEL.composeProject] ?? '';
    const claimed = wantedMesh || labels[LABEL.mesh] || project || info.Name.replace(/^\//, '');
    const mount = info.Mounts.find(({ Destination }) => Destination === CONTROL_DIRECTORY);
    return {
      id: info.Id,
      image: info.Image,
      controlVolume: mount?.Name ?? '',
      session: labels[LABEL.testSession] ?? '',
      membership: { meshId: claimed, project: project || (isTest ? claimed : ''), isTest },
    };
  } catch (cause) {
    const { statusCode } = cause as { readonly statusCode?: number };
    if (statusCode === undefined)
      throw new LateenError('DAEMON_AWAY', 'the Docker daemon does not answer', {
        cause,
        remedy: DAEMON_REMEDY,
      });
    if (statusCode !== 404)
      throw new LateenError('DAEMON_REFUSES', 'the Docker daemon refuses to tell of containers', {
        cause,
        remedy: REFUSED_REMEDY,
      });
    throw new LateenError('SELF_UNKNOWN', 'the controller cannot find its own container', {
      cause,
      remedy:
        'Run it by compose/mesh.yml: as a container, with its default hostname and the Docker socket mounted.',
    });
  }
}

/** The daemon may come up after the controller: asked until it answers. */
export async function waitForSelf(
  docker: DockerReader,
  { meshId, isTest }: { readonly meshId: string; readonly isTest: boolean },
  log: Logger,
): Promise<Self> {
  let told = '';
  for (let pauseMs = 200; ; pauseMs = Math.min(5000, pauseMs * 2)) {
    try {
      const self = await inspectSelf(docker, meshId, isTest);
      warnOfAge(await docker.readEngine(), log);
      return self;
    } catch (error) {
      const remedy = error instanceof LateenError ? error.remedy : null;
      const cause = errorMessage(error instanceof Error ? error.cause : undefined);
      // Once, however long it lasts.
      if (errorCode(error) !== told) log.error(errorMessage(error), { cause, remedy });
      told = errorCode(error);
      await pause(pauseMs);
    }
  }
}

/** API of Docker 20.10. */
const LEAST_API = [1, 41] as const;

function warnOfAge(engine: EngineKind | null, log: Logger): void {
  const [major = 0, minor = 0] = (engine?.apiVersion ?? '').split('.').map(Number);
  const isOld = engine !== null && (major < LEAST_API[0] || (major === LEAST_API[0] && minor < LEAST_API[1]));
  if (isOld)
    log.error(
      `the Docker engine ${engine.version} is too old (its API is ${engine.apiVersion}); the mesh may not work`,
      {
        remedy: 'Install Docker 20.10 or newer.',
      },
    );
}
