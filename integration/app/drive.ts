import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';

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
  /**
   * Instead of HTTP: connect to `tcp://host:port` or upgrade at `ws://host:port/`, send `body`, and give what came
   * until `until` or silence.
   */
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
      outcomes.push(await runOne(errand, agent));
    }
  };
  await Promise.all(Array.from({ length: errand.concurrency ?? 1 }, worker));
  agent.destroy();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(outcomes));
}

function runOne(errand: Errand, agent: Agent): Promise<Outcome> {
  if (errand.url.startsWith('tcp:')) return talk(errand);
  return errand.url.startsWith('ws:') ? upgrade(errand) : call(errand, agent);
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
    // Whose certificate it is does not matter to the tests of the way there.
    const isTls = errand.url.startsWith('https:');
    const outgoing = (isTls ? httpsRequest : httpRequest)(
      errand.url,
      {
        method: errand.method ?? 'GET',
        headers: { ...errand.headers },
        ...(isTls ? { rejectUnauthorized: false, agent: false } : { agent }),
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
  const { hostname, port } = new URL(errand.url.replace('tcp:', 'http:'));
  return converse(errand, connect(Number(port), hostname), 200, performance.now());
}

function upgrade(errand: Errand): Promise<Outcome> {
  const startMs = performance.now();
  const failed = (status: number, error: string): Outcome => {
    return { status, headers: {}, body: '', error, ms: performance.now() - startMs };
  };
  return new Promise((resolve) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const outgoing = httpRequest(errand.url.replace('ws:', 'http:'), { headers, agent: false });
    outgoing.on('upgrade', ({ statusCode = 0 }, socket) =>
      resolve(converse(errand, socket as Socket, statusCode, startMs)),
    );
    outgoing.on('response', ({ statusCode = 0 }) => resolve(failed(statusCode, 'no upgrade')));
    outgoing.on('error', (error) => resolve(failed(0, error.message)));
    outgoing.end();
  });
}

/** Sends the errand's body and collects what comes back. */
function converse(errand: Errand, socket: Socket, status: number, startMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    let body = '';
    const finish = (error: string) => {
      socket.destroy();
      resolve({
        status: error === '' ? status : 0,
        headers: {},
        body,
        error,
        ms: performance.now() - startMs,
      });
    };
    socket.setTimeout(errand.timeoutMs ?? 5000, () => finish('timeout'));
    if (errand.body !== undefined) socket.write(errand.body);
    socket.on('data', (chunk) => {
      body += chunk.toString();
      if (errand.until !== undefined && body.includes(errand.until)) finish('');
    });
    socket.on('error', (error: Error & { code?: string }) => finish(error.code ?? error.message));
    socket.on('close', () => finish(errand.until === undefined ? '' : 'closed'));
  });
}
