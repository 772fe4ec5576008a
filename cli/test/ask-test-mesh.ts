import type Docker from 'dockerode';
import { formatViolation } from '../../istio/format-violation.ts';
import { TEST_SOCKET } from '../../model/controller-sockets.ts';
import type { TestRefusal } from '../../model/test-mesh.ts';
import { askInside } from '../ask/ask-controller.ts';
import type { FoundController } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';

/** What a mesh of tests is asked (model/test-mesh.ts), inside the controller's container as every other page. */
export async function askTestMesh<T>(
  docker: Docker,
  controller: FoundController,
  [method, path, query]: readonly [string, string, Readonly<Record<string, string | undefined>>],
  body = '',
): Promise<T> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
  const target = `${path}?${search}`;
  const asked = { socket: TEST_SOCKET, body };
  const { exitCode, stdout, stderr } = await askInside(docker, controller.id, method, target, asked);
  if (exitCode === 0) return JSON.parse(stdout) as T;
  if (stdout.trim() === '') throw noTestMesh(controller, stderr);
  throw refused(JSON.parse(stdout) as TestRefusal);
}

function noTestMesh({ name }: FoundController, said: string): CliError {
  const isMissing = said === '' || /ENOENT/.test(said);
  return isMissing
    ? new CliError(
        'LAT1042',
        `the mesh of ${name} is not one of tests`,
        'Start it by `LATEEN_TEST_MESH=1 lateen up`.',
      )
    : new CliError('LAT1005', said.trim(), 'Is the controller still starting? Look into `docker logs`.');
}

const refused = ({ error, remedy, violations }: TestRefusal) =>
  new CliError(
    'LAT1043',
    [error, ...violations.map(formatViolation)].join('\n'),
    remedy || 'Nothing has changed. Mend what is named above, and apply it again.',
  );
