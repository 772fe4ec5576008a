import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface FakeContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What it logged. */
  readonly logs?: string;
  /** What Docker tells of it when it is inspected. */
  readonly inspect?: unknown;
}

/** What the controller behind the fake daemon answers to a page. */
export type FakePages = Readonly<Record<string, { readonly exitCode: number; readonly body: unknown }>>;

/**
 * As much of Docker's API as the CLI uses, on a Unix socket: containers by label, their logs, and programs started
 * inside them. Gives the value of DOCKER_HOST.
 */
export async function openFakeDaemon(
  context: TestContext,
  containers: readonly FakeContainer[],
  pages: FakePages = {},
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-daemon-'));
  const server = createFakeServer(containers, pages);
  const socketPath = join(folder, 'docker.sock');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return `unix://${socketPath}`;
}

function createFakeServer(containers: readonly FakeContainer[], pages: FakePages): Server {
  const executed: string[] = [];
  const answerOf = (id: string) => pages[executed[Number(id)] ?? ''] ?? { exitCode: 2, body: '' };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://docker');
    const [, , id = ''] = url.pathname.split('/');
    const send = (body: string | Buffer) => response.end(body);
    if (url.pathname === '/containers/json') return send(JSON.stringify(listed(containers, url)));
    if (url.pathname.endsWith('/logs'))
      return send(frame(containers.find((container) => container.id === id)?.logs ?? ''));
    if (request.method === 'GET' && url.pathname === `/containers/${id}/json`)
      return send(JSON.stringify(containers.find((container) => container.id === id)?.inspect ?? {}));
    if (url.pathname.startsWith('/containers/')) {
      const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
      const { Cmd: command } = JSON.parse(Buffer.concat(chunks).toString()) as { Cmd: string[] };
      executed.push(command.at(-1) ?? '');
      return send(JSON.stringify({ Id: String(executed.length - 1) }));
    }
    return send(JSON.stringify({ ExitCode: answerOf(id).exitCode }));
  });
  // A program's output comes over the connection itself.
  server.on('upgrade', (request, socket: Socket) => {
    const [, , id = ''] = (request.url ?? '').split('/');
    socket.write('HTTP/1.1 101 UPGRADED\r\nconnection: Upgrade\r\nupgrade: tcp\r\n\r\n');
    socket.end(frame(JSON.stringify(answerOf(id).body)));
  });
  return server;
}

function listed(containers: readonly FakeContainer[], url: URL) {
  const { label = [] } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label?: string[] };
  return containers
    .filter(({ labels }) =>
      label.every((wanted) => {
        const [name = '', value] = wanted.split('=');
        return value === undefined ? name in labels : labels[name] === value;
      }),
    )
    .map(({ id, labels }) => ({ Id: id, Names: [`/${id}`], Labels: labels }));
}

/** Docker's multiplexed stream: stdout, length, text. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}
