import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { truncate, writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { createTestAuthority } from '../base/certificate.fixture.ts';
import { eventually } from './fixture/eventually.ts';
import { secretDocument } from './fixture/https.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { agentOf } from './fixture/proxies.ts';
import { nodeService, privateMb, tunnels } from './fixture/streams.ts';

/** HTTP/2 with real clients, at the gateway and inside the mesh, to servers of either protocol. */

const exec = promisify(execFile);
const BYTES = 32 * 1024 * 1024;
/** What a proxy may grow by meanwhile: windows of streams and the pools of the runtime, not the bodies. */
const GROWTH_MB = 100;
const GATEWAY = 'istio-ingressgateway:8080';
/** Doors into the caller's container, and where they lead. */
const DOORS = { 7071: GATEWAY, 7072: 'server:8080', 7073: 'server:8082' };

const ROUTE = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door }
spec:
  selector: { istio: ingressgateway }
  servers:
    - { port: { number: 8080, name: http2, protocol: HTTP2 }, hosts: ["*"] }
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [server.example]
      tls: { mode: SIMPLE, credentialName: server }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: server }
spec:
  hosts: ["*"]
  gateways: [door]
  http:
    - match: [{ headers: { x-to: { exact: http2 } } }]
      route: [{ destination: { host: server, port: { number: 8082 } } }]
    - route: [{ destination: { host: server, port: { number: 8080 } } }]
---
apiVersion: mesh.istio.io/v1alpha1
kind: MeshConfig
accessLogFile: /dev/stdout
`;

const UPGRADE = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: server }
spec:
  host: server
  trafficPolicy: { connectionPool: { http: { h2UpgradePolicy: UPGRADE } } }
`;

let mesh: Mesh;
let caller: string;
const sessions: ClientHttp2Session[] = [];

before(async () => {
  const authority = await createTestAuthority('the authority of this test');
  mesh = await startMesh({
    name: 'http2',
    services:
      nodeService('server', 'server.ts', 'app: server, lateen.ports: "http:8080, http2:8082"') +
      tunnels(DOORS),
    config: {
      'route.yaml': ROUTE,
      'secret.json': secretDocument('server', 'istio-system', await authority.issue('server.example')),
    },
  });
  const [id = ''] = await mesh.containers('caller');
  caller = await mesh.address(id);
  await writeFile(join(mesh.folder, 'ca.pem'), authority.certificate);
  await writeFile(join(mesh.folder, 'large'), '');
  await truncate(join(mesh.folder, 'large'), BYTES);
  await eventually('both ports answer', async () => {
    const answers = [await curl(7072, '/', '--http1.1'), await curl(7073, '/', '--http2-prior-knowledge')];
    return answers.every(({ status }) => status === '200') ? true : undefined;
  });
});

after(async () => {
  for (const session of sessions) session.destroy();
  await mesh?.[Symbol.asyncDispose]();
});

type Door = keyof typeof DOORS | 'https';

interface Answer {
  readonly status: string;
  /** HTTP version between curl and the mesh. */
  readonly version: string;
  readonly body: string;
}

function urlOf(door: Door, path: string): string[] {
  if (door !== 'https') {
    const [host, port] = DOORS[door].split(':');
    return ['--connect-to', `${host}:${port}:${caller}:${door}`, `http://${host}:${port}${path}`];
  }
  const port = mesh.env['LATEEN_HTTPS_PORT'] ?? '';
  const trust = ['--cacert', join(mesh.folder, 'ca.pem')];
  return [...trust, '--resolve', `server.example:${port}:127.0.0.1`, `https://server.example:${port}${path}`];
}

async function curl(door: Door, path: string, ...more: string[]): Promise<Answer> {
  const args = ['-sS', '--max-time', '300', '-w', '\n%{http_code} %{http_version}', ...more];
  const { stdout } = await exec('curl', [...args, ...urlOf(door, path)]);
  const end = stdout.lastIndexOf('\n');
  const [status = '', version = ''] = stdout.slice(end + 1).split(' ');
  return { status, version, body: stdout.slice(0, end) };
}

/** What the server saw. */
const seen = (answer: Answer) => (JSON.parse(answer.body) as { httpVersion: string }).httpVersion;

function open(door: keyof typeof DOORS): ClientHttp2Session {
  const session = connect(`http://${caller}:${door}`);
  sessions.push(session);
  return session;
}

interface Exchanged {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

function exchange(session: ClientHttp2Session, headers: object, trailers?: object): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const hasBody = trailers !== undefined;
    const stream = session.request(
      { ':authority': GATEWAY, ':path': '/', ':method': hasBody ? 'POST' : 'GET', ...headers },
      { endStream: !hasBody, waitForTrailers: hasBody },
    );
    const got = { headers: {}, trailers: {}, body: '' };
    stream.on('wantTrailers', () => stream.sendTrailers(trailers as never));
    stream.on('response', (head) => (got.headers = head));
    stream.on('trailers', (fields) => (got.trailers = fields));
    stream.on('data', (chunk: Buffer) => (got.body += chunk.toString()));
    stream.on('error', reject);
    stream.on('end', () => resolve(got));
    if (hasBody) stream.end('some');
  });
}

describe('curl at the gateway', () => {
  test('speaks HTTP/2 over TLS, and in plain text with prior knowledge', async () => {
    for (const [door, option] of [
      ['https', '--http2'],
      [7071, '--http2-prior-knowledge'],
    ] as const) {
      const answer = await curl(door, '/', option);
      assert.deepEqual([answer.status, answer.version, seen(answer)], ['200', '2', '1.1']);
      const other = await curl(door, '/', option, '-H', 'x-to: http2');
      assert.deepEqual([other.status, other.version, seen(other)], ['200', '2', '2.0']);
    }
  });

  test('who asks to change to HTTP/2 in plain text is answered in HTTP/1.1', async () => {
    const answer = await curl(7071, '/', '--http2');
    assert.deepEqual([answer.status, answer.version], ['200', '1.1']);
  });

  test('uploads and downloads large bodies at once, to servers of both protocols, and no proxy keeps them', async () => {
    const proxies = await Promise.all(
      ['caller', 'istio-ingressgateway', 'server'].map((service) => agentOf(mesh, service)),
    );
    const memory = () => Promise.all(proxies.map(privateMb));
    const before = await memory();
    let peak = before;
    let isOver = false;
    const discard = ['-o', '/dev/null'];
    const tasks = (['https', 7071] as const).flatMap((door) =>
      [[], ['-H', 'x-to: http2']].flatMap((to) => {
        const options = [door === 'https' ? '--http2' : '--http2-prior-knowledge', ...to];
        return [
          curl(door, '/upload', ...options, '-T', join(mesh.folder, 'large')).then(({ body }) =>
            Number(body),
          ),
          curl(door, `/download?bytes=${BYTES}`, ...options, ...discard, '-w', '\n%{size_download} ').then(
            ({ status }) => Number(status),
          ),
        ];
      }),
    );
    const done = Promise.all(tasks).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const now = await memory();
      peak = peak.map((most, index) => Math.max(most, now[index] ?? 0));
    }
    assert.deepEqual(await done, Array(8).fill(BYTES));
    for (const [index, most] of peak.entries()) {
      const growth = most - (before[index] ?? 0);
      assert.ok(growth < GROWTH_MB, `proxy ${index} grew by ${growth.toFixed(0)} MB`);
    }
  });
});

describe('inside the mesh', () => {
  test('callers and servers of either protocol reach one another', async () => {
    const pairs = [
      [7072, '--http1.1', '1.1', '1.1'],
      [7072, '--http2-prior-knowledge', '2', '1.1'],
      [7073, '--http1.1', '1.1', '2.0'],
      [7073, '--http2-prior-knowledge', '2', '2.0'],
    ] as const;
    for (const [door, option, outside, inside] of pairs) {
      const answer = await curl(door, '/', option);
      assert.deepEqual([answer.status, answer.version, seen(answer)], ['200', outside, inside]);
    }
  });

  test('trailers pass both ways, whatever each side speaks', async () => {
    for (const headers of [{}, { 'x-to': 'http2' }]) {
      const answer = await exchange(open(7071), { ':path': '/trailers', ...headers }, { 'x-sum': '42' });
      assert.equal(answer.body, 'body');
      assert.equal(answer.trailers['x-sum'], 'was 42');
    }
  });

  test('a hundred requests on one connection are answered each with its own answer', async () => {
    const session = open(7071);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        exchange(session, { ':path': `/download?bytes=${index}` }).then(({ body }) => body.length),
      ),
    );
    assert.deepEqual(
      answers,
      Array.from({ length: 100 }, (_, index) => index),
    );
  });

  test('with h2UpgradePolicy HTTP/1.1 goes from proxy to proxy by HTTP/2, WebSocket too, and the server sees HTTP/1.1', async () => {
    await mesh.apply('upgrade.yaml', UPGRADE);
    await eventually('the proxies speak HTTP/2', async () => {
      const answer = await curl(7072, '/upgraded', '--http1.1');
      assert.deepEqual([answer.status, answer.version, seen(answer)], ['200', '1.1', '1.1']);
      const lines = await accessLog('server', '/upgraded');
      return lines.some((line) => line.includes('"GET /upgraded HTTP/2" 200')) ? true : undefined;
    });
    const socket = new WebSocket(`ws://${caller}:7072/chat`, { headers: { host: 'server:8080' } });
    await once(socket, 'open');
    socket.send('over HTTP/2');
    assert.equal(String((await once(socket, 'message'))[0]), 'over HTTP/2');
    socket.close(4000);
    await once(socket, 'close');
    await eventually('it went by HTTP/2', async () =>
      (await accessLog('server', '"GET /chat HTTP/2" 101')).length > 0 ? true : undefined,
    );
    await mesh.remove('upgrade.yaml');
  });
});

async function accessLog(service: string, word: string): Promise<string[]> {
  const { stdout, stderr } = await exec('docker', ['logs', '--tail', '200', await agentOf(mesh, service)]);
  return (stdout + stderr).split('\n').filter((line) => line.includes(word));
}

/** Bytes to the gateway until it ends the connection; all that it said. */
function pour(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connectTcp(7071, caller);
    const chunks: Buffer[] = [];
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}

function frame(type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

const HELLO = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);
/** GET / of `a`. */
const GET = Buffer.from('828684410161', 'hex');
const repeat = (count: number, each: (index: number) => Buffer) =>
  Buffer.concat([HELLO, ...Array.from({ length: count }, (_, index) => each(index))]);

const FLOODS: Readonly<Record<string, Buffer>> = {
  'rapid reset': repeat(2000, (index) => {
    const id = 2 * index + 1;
    return Buffer.concat([frame(1, 5, id, GET), frame(3, 0, id, Buffer.from('00000008', 'hex'))]);
  }),
  'CONTINUATION without end': Buffer.concat([
    ...[HELLO, frame(1, 1, 1, GET)],
    ...Array.from({ length: 100 }, () => frame(9, 0, 1)),
  ]),
  SETTINGS: repeat(5000, () => frame(4, 0, 0)),
  PING: repeat(5000, () => frame(6, 0, 0, Buffer.alloc(8))),
  'empty DATA': Buffer.concat([
    ...[HELLO, frame(1, 4, 1, Buffer.from('838684410161', 'hex'))],
    ...Array.from({ length: 5000 }, () => frame(0, 0, 1)),
  ]),
};

describe('a flood of frames', () => {
  for (const [name, bytes] of Object.entries(FLOODS)) {
    test(`${name}: the connection ends with its cause, and others go on`, async () => {
      const session = open(7071);
      await exchange(session, {});
      const said = await pour(bytes);
      const goAway = said.lastIndexOf(Buffer.from('0000080700', 'hex'));
      assert.ok(goAway >= 0, 'it says GOAWAY');
      assert.equal(said.readUInt32BE(goAway + 13), constants.NGHTTP2_ENHANCE_YOUR_CALM);
      assert.equal((await exchange(session, {})).headers[':status'], 200);
      session.destroy();
    });
  }

  test('is told in the log of the gateway, with its caller and what it was', async () => {
    const lines = await accessLog('istio-ingressgateway', 'a flood of HTTP/2 frames');
    assert.ok(lines.length > 0);
    assert.match(lines[0] ?? '', /address=\S+ port=8080 code=h2_flood message=/);
  });
});
