// The example mesh that `npm run demo` shows: examples/bookinfo as its own compose project.
import { join } from 'node:path';
import { root, run } from './shell.mjs';

export const PROJECT = 'bookinfo';
const folder = join(root, 'examples', PROJECT);

export const composeArgs = (...args) => [
  'compose',
  '-p',
  PROJECT,
  '-f',
  join(folder, 'compose.yml'),
  ...args,
];

/** The host's port behind which a port of a container with this label is published now; null if it does not run. */
export async function publishedPort(label, port) {
  const filter = ['--filter', `label=com.docker.compose.project=${PROJECT}`, '--filter', `label=${label}`];
  const { stdout } = await run('docker', ['ps', ...filter, '--format', '{{.Ports}}']);
  const match = new RegExp(`:(\\d+)->${port}/tcp`).exec(stdout);
  return match ? Number(match[1]) : null;
}
