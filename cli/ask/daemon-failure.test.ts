import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folderOf, runLateen } from '../testing/run-lateen.ts';

/** A daemon that answers every question so; gives the value of DOCKER_HOST. */
async function openRefusingDaemon(context: TestContext, status: number, message: string): Promise<string> {
  const socket = join(folderOf(context, {}), 'docker.sock');
  const server = createServer((_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message })),
  );
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  context.after(() => server.close());
  return `unix://${socket}`;
}

const TOO_NEW = 'client version 1.50 is too new. Maximum supported API version is 1.24';

test('an engine that does not know our API is told with the version that is needed', async (context) => {
  const env = { DOCKER_HOST: await openRefusingDaemon(context, 400, TOO_NEW) };
  const { status, stderr, stdout } = await runLateen(folderOf(context, {}), ['status'], '', env);
  assert.match(
    stderr,
    /^Error \[LAT1036\]: the Docker engine does not know our API: client version 1\.50 is too new.*\nRemedy: Install Docker 20\.10/,
  );
  assert.deepEqual([status, stdout], [1, '']);
  const doctor = await runLateen(folderOf(context, {}), ['doctor'], '', env);
  assert.match(
    doctor.stdout,
    /^error +engine +the Docker engine does not know our API: client version 1\.50/m,
  );
  assert.match(doctor.stdout, /engine: Install Docker 20\.10 \(API 1\.41\) or newer/);
  assert.equal(doctor.status, 1);
});

test('what stands before the socket and refuses is told as that', async (context) => {
  const env = { DOCKER_HOST: await openRefusingDaemon(context, 403, 'forbidden by policy') };
  const { stderr } = await runLateen(folderOf(context, {}), ['status'], '', env);
  assert.match(
    stderr,
    /^Error \[LAT1001\]: the Docker daemon refuses the question \(forbidden by policy\)\nRemedy: .*proxy/,
  );
});
