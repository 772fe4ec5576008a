import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';

/** What a test asks the app to do from inside its container. */
export interface Errand {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How many calls, default 1; `concurrency` of them at a time; `keepAlive` reuses connections. */
  readonly times?: number;
  readonly concurrency?: number;
  readonly keepAlive?: boolean;
  readonly timeoutMs?: number;
  /** Instead of HTTP: connect to `tcp://host:port`, send `body`, and give what came until `until` or silence. */
  readonly until?: string;
}

export interface Outcome {
  /** 0 = no answer; then `error` says why. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly error: string;
  readonly ms: number;
}

/** `POST /` with an {@link Errand} answers with its {@link Outcome}s. */
export async function drive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method !== 'POST') {
    response.writeHead(200).end('driver');
    return;
  }
  const errand = JSON.parse(Buffer.concat(chunks).toString()) as Errand;
  const agent = errand.keepAlive === true ? new Agent({ keepAlive: true }) : new Agent({ keepAlive: false });
  const outcomes: Outcome[] = [];
  let started = 0;
  const worker = async () => {
    while (started < (errand.times ?? 1)) {
      started += 1;
      outcomes.push(await (errand.url.startsWith('tcp:') ? talk(errand) : call(errand, agent)));
    }
  };
  await Promise.all(Array.from({ length: errand.concurrency ?? 1 }, worker));
  agent.destroy();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(outcomes));
}

function call(errand: Errand, agent: Agent): Promise<Outcome> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    const fail = (error: Error & { code?: string }) =>
      resolve({
        status: 0,
        headers: {},
        body: '',
        error: error.code ?? error.message,
        ms: performance.now() - startMs,
      });
    const outgoing = httpRequest(
      errand.url,
      {
        method: errand.method ?? 'GET',
        headers: { ...errand.headers },
        agent,
        timeout: errand.timeoutMs ?? 15_000,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString(),
            error: '',
            ms: performance.now() - startMs,
          }),
        );
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', fail);
    outgoing.end(errand.body);
  });
}

function talk(errand: Errand): Promise<Outcome> {
  const startMs = performance.now();
  const { hostname, port } = new URL(errand.url.replace('tcp:', 'http:'));
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let body = '';
    const finish = (error: string) => {
      socket.destroy();
      resolve({ status: error === '' ? 200 : 0, headers: {}, body, error, ms: performance.now() - startMs });
    };
    socket.setTimeout(errand.timeoutMs ?? 5000, () => finish('timeout'));
    socket.on('connect', () => errand.body !== undefined && socket.write(errand.body));
    socket.on('data', (chunk) => {
      body += chunk.toString();
      if (errand.until !== undefined && body.includes(errand.until)) finish('');
    });
    socket.on('error', (error: Error & { code?: string }) => finish(error.code ?? error.message));
    socket.on('close', () => finish(errand.until === undefined ? '' : 'closed'));
  });
}
