import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFailure } from './start-failure.ts';

const project = {
  name: 'shop',
  files: ['compose.yml'],
  config: { name: 'shop', services: { web: {}, db: {} } },
  place: (path: readonly string[]) => ({ file: 'compose.yml', line: path[1] === 'db' ? 7 : 2 }),
};

const failureOf = (stderr: string) => startFailure(project, { status: 1, stdout: '', stderr });

// As Docker 20.10 and Compose 2.26 said it.
const CASES = [
  [
    'error during connect: Post "http://%2Frun%2Fdocker.sock/v1.41/containers/fda0/start": EOF',
    'LAT1001',
    /^the Docker daemon went away:/,
    /lateen down/,
  ],
  [
    'Error response from daemon: client version 1.50 is too new. Maximum supported API version is 1.41',
    'LAT1036',
    /^the Docker client and its engine have no version/,
    /DOCKER_API_VERSION/,
  ],
  [
    'Error response from daemon: mkdir /var/lib/docker/overlay2/x: no space left on device',
    'LAT1037',
    /^the disk of the engine is full:/,
    /docker system prune/,
  ],
  [
    'failed to create network shop_default: Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
    'LAT1037',
    /^Docker has no addresses left/,
    /docker network prune/,
  ],
  [
    'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /var/run/docker.sock',
    'LAT1037',
    /^the socket of the engine is elsewhere/,
    /LATEEN_DOCKER_SOCKET/,
  ],
  [
    'Error response from daemon: driver failed programming external connectivity: listen tcp4 0.0.0.0:8081: bind: address already in use',
    'LAT1033',
    /^port 8081 of this machine is taken/,
    /another port/,
  ],
] as const;

for (const [said, code, message, remedy] of CASES)
  test(`a start that fails is told with what to do: ${said.slice(0, 70)}…`, () => {
    const failure = failureOf(said);
    assert.equal(failure.code, code);
    assert.match(failure.message, message);
    assert.match(failure.message, new RegExp(said.slice(-20)));
    assert.match(failure.remedy, remedy);
  });

test('else the service is told that Compose was at, with its line', () => {
  const failure = failureOf(' Container shop-db-1  Starting\nError response from daemon: unknown capability');
  assert.match(failure.message, /^compose\.yml:7: shop could not be started:\n {2}Error response/);
});
