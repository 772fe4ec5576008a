import assert from 'node:assert/strict';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createSeededRandom } from '../../../base/random.ts';
import type { Headers, RequestHead, ResponseHead } from '../head.ts';
import { ClientSession } from './client-session.ts';
import { ERROR } from './protocol.ts';
import { ServerSession } from './server-session.ts';
import type { H2Session } from './session.ts';
import type { H2Stream, StreamEvents } from './stream.ts';

/** Our codec against node:http2, on either side: both must see the same messages. */

interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly trailers: Record<string, string>;
}

const random = createSeededRandom(2024);
const below = (count: number) => Math.floor(random() * count);
const TEXT = ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCXYZ[]^_`abcxyz{|}~\u00e9\u00ff';
const anyText = (count: number) =>
  Array.from({ length: count }, () => TEXT[below(TEXT.length)])
    .join('')
    .trim();

function anyFields(prefix: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let count = below(8); count > 0; count--) {
    fields[`${prefix}-${below(30)}`] = anyText(below(10) === 0 ? below(3000) : below(30));
  }
  return fields;
}

function anyMessage(): Message {
  const method = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'][below(6)] as string;
  const hasBody = method !== 'GET' && below(4) > 0;
  const size = below(4) === 0 ? below(400_000) : below(2000);
  return {
    method,
    path: `/${below(100)}?q=${'x'.repeat(below(50))}`,
    headers: anyFields('x-head'),
    body: hasBody ? Buffer.alloc(size, below(256)) : Buffer.alloc(0),
    trailers: hasBody && below(3) === 0 ? { ...anyFields('x-trailer'), 'x-trailer-sum': '1' } : {},
  };
}

const flat = (fields: Record<string, string>): Headers => Object.entries(fields).flat();
function unflat(fields: Readonly<Headers>): Record<string, string> {
  const named: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) named[fields[i] as string] = fields[i + 1] as string;
  return named;
}
const ours = (fields: IncomingHttpHeaders | Record<string, string>, prefix: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name, String(value)]] : [],
    ),
  );
const hash = (bytes: Buffer) => `${bytes.length} × ${bytes[0] ?? 0}/${bytes.at(-1) ?? 0}`;

/** A session on a socket: each turn's output in one write. */
function attach(socket: Socket, session: H2Session): void {
  const flush = () => {
    if (session.output.length === 0 || socket.destroyed) return;
    socket.write(Buffer.from(session.output.take()));
    session.output.giveBack();
    session.onFlushed(socket.writableNeedDrain);
  };
  session.output.listen(() => process.nextTick(flush));
  socket.on('data', (chunk: Buffer) => session.push(chunk, 0));
  socket.on('drain', () => session.onFlushed(false));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => session.close());
}

function collect(
  onWhole: (body: Buffer, trailers: Headers | null) => void,
): StreamEvents & { onGo: () => void } {
  const chunks: Buffer[] = [];
  return {
    onGo: () => {},
    onInterim() {},
    onResponse() {},
    onData(chunk) {
      chunks.push(Buffer.from(chunk));
      return true;
    },
    onEnd: (trailers) => onWhole(Buffer.concat(chunks), trailers),
    onWritable() {
      this.onGo();
    },
    onReset() {},
  };
}

/** Sends a body in pieces, waiting whenever it is told to. */
function sendBody(
  session: H2Session,
  stream: H2Stream,
  message: Message,
  events: { onGo: () => void },
): void {
  let at = 0;
  const go = () => {
    while (at < message.body.length) {
      const end = Math.min(message.body.length, at + 1 + below(70_000));
      const goesOn = session.sendData(stream, message.body.subarray(at, end));
      at = end;
      if (!goesOn) return;
    }
    events.onGo = () => {};
    session.sendEnd(stream, Object.keys(message.trailers).length === 0 ? null : flat(message.trailers));
  };
  events.onGo = go;
  go();
}

const answers = new Map<string, Message>();
const seen = new Map<string, string>();
const REQUESTS = 200;
const AT_ONCE = 20;

const describeMessage = ({ method, path, headers, body, trailers }: Message) =>
  JSON.stringify(
    [method, path, ours(headers, 'x-head'), hash(body), ours(trailers, 'x-trailer')],
    (_, value) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort())
        : value,
  );

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );

async function runAll(one: () => Promise<void>): Promise<void> {
  let left = REQUESTS;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await one();
    }),
  );
}

describe('node:http2 as the client of our server', () => {
  let client: ClientHttp2Session;
  let server: Server;

  const onRequest = (session: ServerSession, stream: H2Stream, head: RequestHead) => {
    const id = unflat(head.headers)['x-id'] as string;
    const events = collect((body, trailers) => {
      const { method, path, headers } = head;
      const got = { method, path, headers: unflat(headers), body, trailers: unflat(trailers ?? []) };
      seen.set(id, describeMessage(got));
      const answer = answers.get(id) as Message;
      const hasBody = answer.body.length > 0;
      const response: ResponseHead = {
        ...{ status: 200, reason: '', version: 'HTTP/1.1', headers: flat(answer.headers) },
        ...{ contentLength: below(2) === 0 ? answer.body.length : -1, upgrade: '' },
      };
      session.sendHead(stream, response, hasBody);
      if (hasBody) sendBody(session, stream, answer, events);
    });
    stream.events = events;
  };

  before(async () => {
    server = createServer((socket) => {
      const session: ServerSession = new ServerSession({
        onRequest: (stream, head) => onRequest(session, stream, head),
        onTooLarge: (stream) => session.reset(stream, 0),
        onDrained: () => socket.end(),
      });
      attach(socket, session);
    });
    const port = await listen(server);
    client = connectHttp2(`http://127.0.0.1:${port}`, { settings: { headerTableSize: 1000 } });
  });
  after(() => {
    client.destroy();
    server.close();
  });

  const call = (message: Message, id: string): Promise<Message> =>
    new Promise((resolve, reject) => {
      const isBodyless = message.body.length === 0;
      const stream: ClientHttp2Stream = client.request(
        { ':method': message.method, ':path': message.path, 'x-id': id, ...message.headers },
        { endStream: isBodyless, waitForTrailers: Object.keys(message.trailers).length > 0 },
      );
      let headers: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      const chunks: Buffer[] = [];
      stream.on('response', (got) => (headers = got));
      stream.on('trailers', (got) => (trailers = got));
      stream.on('wantTrailers', () => stream.sendTrailers(message.trailers));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () =>
        resolve({
          ...message,
          ...{ headers: ours(headers, ''), body: Buffer.concat(chunks), trailers: ours(trailers, '') },
        }),
      );
      if (!isBodyless) stream.end(message.body);
    });

  test(`${REQUESTS} random requests and answers arrive as they were sent`, async () => {
    let count = 0;
    await runAll(async () => {
      const id = String(count++);
      const message = anyMessage();
      const answer = { ...anyMessage(), method: message.method, path: message.path };
      answers.set(id, answer);
      const got = await call(message, id);
      assert.equal(seen.get(id), describeMessage(message));
      assert.equal(describeMessage(got), describeMessage(answer));
    });
    assert.equal(client.destroyed, false);
  });
});

describe('node:http2 as the server of our client', () => {
  let session: ClientSession;
  let socket: Socket;
  const server = createHttp2Server({ settings: { maxConcurrentStreams: AT_ONCE, headerTableSize: 200 } });

  const onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders & Record<string, unknown>) => {
    // What the test resets on purpose ends here.
    stream.on('error', () => {});
    const id = String(headers['x-id']);
    const answer = answers.get(id);
    if (answer === undefined) return;
    const chunks: Buffer[] = [];
    let trailers: IncomingHttpHeaders = {};
    stream.on('trailers', (got) => (trailers = got));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const [method, path] = [String(headers[':method']), String(headers[':path'])];
      const body = Buffer.concat(chunks);
      seen.set(
        id,
        describeMessage({
          ...{ method, path, body },
          headers: ours(headers, ''),
          trailers: ours(trailers, ''),
        }),
      );
      const hasTrailers = Object.keys(answer.trailers).length > 0;
      stream.on('wantTrailers', () => stream.sendTrailers(answer.trailers));
      if (below(3) === 0) stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond({ ':status': 200, ...answer.headers }, { waitForTrailers: hasTrailers });
      stream.end(answer.body);
    });
  };

  before(async () => {
    server.on('stream', onStream as never);
    const port = await listen(server as unknown as Server);
    socket = connect({ port, host: '127.0.0.1' });
    session = new ClientSession('http', { onCapacity() {}, onAlive() {}, onGoAway() {} });
    attach(socket, session);
  });
  after(() => {
    socket.destroy();
    server.close();
  });

  const call = (message: Message, id: string): Promise<Message> =>
    new Promise((resolve, reject) => {
      const hasBody = message.body.length > 0;
      const head: RequestHead = {
        ...{ method: message.method, path: message.path, authority: 'node', version: 'HTTP/1.1' },
        ...{ contentLength: hasBody ? -1 : -3, upgrade: '', expectContinue: false },
        headers: ['X-Id', id, ...flat(message.headers)],
      };
      let got: Headers = [];
      const events: StreamEvents & { onGo: () => void } = {
        ...collect((body, trailers) =>
          resolve({ ...message, headers: unflat(got), body, trailers: unflat(trailers ?? []) }),
        ),
        onResponse: (response) => {
          got = response.headers;
        },
        onReset: (code) => reject(new Error(`reset ${code}`)),
      };
      const stream = session.open(head, hasBody, events);
      if (hasBody) sendBody(session, stream, message, events);
    });

  test(`${REQUESTS} random requests and answers arrive as they were sent`, async () => {
    let count = 0;
    await runAll(async () => {
      const id = String(count++);
      const message = anyMessage();
      const answer = { ...anyMessage(), method: message.method, path: message.path };
      answers.set(id, answer);
      const got = await call(message, id);
      assert.equal(seen.get(id), describeMessage(message));
      assert.equal(describeMessage(got), describeMessage(answer));
    });
    assert.equal(session.isClosed, false);
  });

  test('what it resets is told with its code', async () => {
    server.once('stream', (stream) => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM));
    await assert.rejects(call({ ...anyMessage(), body: Buffer.alloc(0) }, 'reset'), {
      message: `reset ${ERROR.enhanceYourCalm}`,
    });
  });
});
