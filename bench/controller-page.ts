import { request } from 'node:http';
import { docker } from '../integration/fixture/docker.ts';

/**
 * The controller's pages by its Unix socket, through its container's file system: asked in a process of its own inside
 * the container, as the CLI does, a page costs a fifth of a second of the machine that is being measured, at each look.
 */
export async function openControllerPages(project: string): Promise<<T>(path: string) => Promise<T>> {
  const filters = [`label=com.docker.compose.project=${project}`, 'label=lateen.role=controller'];
  const ids = await docker(['ps', '-q', ...filters.flatMap((filter) => ['--filter', filter])]);
  const pid = await docker(['inspect', '-f', '{{.State.Pid}}', ids.split('\n')[0] ?? '']);
  // Not /var/run: a link in there would lead to this machine's own.
  const socketPath = `/proc/${pid.trim()}/root/run/lateen-admin/admin.sock`;
  return <T>(path: string) =>
    new Promise<T>((resolve, reject) => {
      const outgoing = request({ socketPath, path }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('error', reject).on('end', () => resolve(JSON.parse(text) as T));
      });
      outgoing.on('error', reject).end();
    });
}
