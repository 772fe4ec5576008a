import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { ADMIN_SOCKET } from '../../model/controller-sockets.ts';

/**
 * Runs inside a container of the mesh, started by the CLI through the Docker API: asks one of the controller's pages over
 * its Unix socket, or one of a proxy's on its loopback, and prints the answer. `admin-client.js GET /debug/syncz`,
 * `admin-client.js POST http://127.0.0.1:15000/logging?level=debug`. A body comes on stdin, `LATEEN_BODY_BYTES` of it: so
 * that nobody has to close a connection that also carries the answer.
 */
const [method = 'GET', target = '/'] = process.argv.slice(2);
const socketPath = process.env['LATEEN_ADMIN_SOCKET'] ?? ADMIN_SOCKET;

const onResponse = (response: IncomingMessage) => {
  response.pipe(process.stdout);
  process.exitCode = (response.statusCode ?? 500) < 400 ? 0 : 1;
};
const outgoing = target.startsWith('http:')
  ? request(new URL(target), { method }, onResponse)
  : request({ socketPath, method, path: target }, onResponse);
outgoing.on('error', (error) => {
  process.stderr.write(`no answer yet: ${error.message}\n`);
  process.exitCode = 2;
});
const body = await readInput(Number(process.env['LATEEN_BODY_BYTES'] ?? 0));
outgoing.end(body);

async function readInput(bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let read = 0;
  while (read < bytes) {
    const [chunk] = (await once(process.stdin, 'data')) as [Buffer];
    chunks.push(chunk);
    read += chunk.length;
  }
  process.stdin.destroy();
  return Buffer.concat(chunks);
}
