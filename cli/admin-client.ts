import { request } from 'node:http';

/**
 * Runs inside the controller's container, started by the CLI through the Docker API: asks one of the controller's
 * pages over its Unix socket and prints the answer. `admin-client.js GET /debug/syncz`
 */
const [method = 'GET', path = '/'] = process.argv.slice(2);
const socketPath = process.env['LATEEN_ADMIN_SOCKET'] ?? '/var/run/lateen-admin/admin.sock';

const outgoing = request({ socketPath, method, path }, (response) => {
  response.pipe(process.stdout);
  process.exitCode = (response.statusCode ?? 500) < 400 ? 0 : 1;
});
outgoing.on('error', (error) => {
  process.stderr.write(`the controller does not answer yet: ${error.message}\n`);
  process.exitCode = 2;
});
outgoing.end();
