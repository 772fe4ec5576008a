import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createSeededRandom } from '../../../base/random.ts';
import { RequestParser } from './request-parser.ts';

/**
 * The same bytes to our parser and to a real node:http server: whatever ours accepts, that one must read in the same
 * way, or somebody could hide a request between the two. What ours refuses is of no interest here, nor what node alone
 * refuses: bytes above 0x7f in a target, blanks around a chunk's extension.
 */
const COUNT = 6000;
const PARALLEL = 25;

interface Reading {
  readonly method: string;
  readonly target: string;
  /** Names in lower case; without what is only this hop's. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What our parser takes out of a head, and node leaves in. */
const HOP = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'te', 'keep-alive'],
  ...['proxy-connection', 'upgrade', 'x-hop'],
]);

const sortOut = (headers: readonly string[]) =>
  headers
    .flatMap((name, index) =>
      index % 2 === 0 ? [[name.toLowerCase(), headers[index + 1] ?? ''] as const] : [],
    )
    .filter(([name]) => !HOP.has(name));

/** null if the bytes are refused, not whole, or more than whole. */
function readOurs(text: string): { readings: Reading[]; isLast: boolean } | null {
  const readings: Reading[] = [];
  let current: Omit<Reading, 'body'> | null = null;
  let body = '';
  let isOver = false;
  let isLast = false;
  const parser = new RequestParser({
    onRequest(head, _hasBody, isLastOfAll) {
      isLast = isLastOfAll;
      current = {
        method: head.method,
        target: `${head.authority}|${head.path}`,
        headers: sortOut(head.headers),
      };
      body = '';
    },
    onData(chunk) {
      body += chunk.latin1Slice();
    },
    onEnd() {
      if (current !== null) readings.push({ ...current, body });
      current = null;
      isOver = true;
    },
    onTunnel: () => {},
  });
  try {
    parser.push(Buffer.from(text, 'latin1'));
    while (isOver) {
      // What comes behind the last request is read by neither; node calls it an error.
      if (isLast) return parser.hasRest ? null : { readings, isLast };
      isOver = false;
      parser.next();
    }
  } catch {
    return null;
  }
  return current === null ? { readings, isLast } : null;
}

/** Sent behind requests that leave the connection open: both must find it at the same place. */
const PROBE = 'GET /probe HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n';

/** Answers with what it read; rejects with what it refused. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.latin1Slice();
  });
  await new Promise((resolve) => request.on('end', resolve));
  const absolute = /^https?:\/\/([^/?]+)(.*)$/i.exec(request.url ?? '');
  const path = absolute?.[2] ?? '';
  const target =
    absolute === null
      ? `${request.headers.host ?? ''}|${request.url}`
      : `${absolute[1]}|${path.startsWith('/') ? path : `/${path}`}`;
  const reading: Reading = {
    method: request.method ?? '',
    target,
    headers: sortOut(request.rawHeaders),
    body,
  };
  // In a header: an answer to HEAD has no body.
  response.setHeader('x-reading', Buffer.from(JSON.stringify(reading)).toString('base64'));
  response.setHeader('content-length', 0);
  response.end();
}

const server = createServer({ keepAliveTimeout: 1000 }, (request, response) => void echo(request, response));
server.on('checkExpectation', (request, response) => void echo(request, response));
server.on('clientError', (_error, socket) => socket.end('refused\n'));
let port = 0;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => server.close());

/** What node:http read, in order; `null` in place of what it refused. */
function readNodes(bytes: Buffer): Promise<(Reading | null)[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.latin1Slice();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const lines = text.match(/^x-reading: .*|^refused$/gm) ?? [];
      resolve(
        lines.map((line) =>
          line === 'refused'
            ? null
            : (JSON.parse(Buffer.from(line.slice('x-reading: '.length), 'base64').toString()) as Reading),
        ),
      );
    });
    socket.on('end', () => socket.destroy());
    socket.end(bytes);
  });
}

const random = createSeededRandom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const maybe = (chance: number, text: () => string) => (random() < chance ? text() : '');
/** Mostly something plain, now and then something that one of the two may read in its own way. */
const mostly = (plain: readonly string[], odd: readonly string[]) => pick(random() < 0.04 ? odd : plain);

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD', 'PURGE', 'M-SEARCH'];
const TARGETS = [
  '/',
  '/a/b?c=d',
  '//x',
  '/a%20b',
  'http://b:80/c',
  'HTTP://b?d',
  '/a;b=c',
  '/{}|^"',
  '/a?b?c/..',
];
const NAMES = ['x-a', 'X-B', 'accept', "!#$%&'*+-.^_`|~9", 'cookie', 'te', 'x-hop', 'expect'];
const VALUES = ['1', 'a b', '\ta\t', '', 'a,b', '"q\\"', '\xe9\xff', ':', 'trailers', 'close', 'chunked'];
const BODIES = ['', 'hello', 'GET / HTTP/1.1\r\nhost: b\r\n\r\n', '0\r\n\r\n', 'x'.repeat(300)];

const lineEnd = () => mostly(['\r\n'], ['\n', '\r', '\r\r\n', '\n\r', ' \r\n']);
const blank = () => mostly([' '], ['  ', '\t', '']);

function makeHead(): string {
  const version = mostly(
    ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'],
    ['HTTP/1.2', 'http/1.1', 'HTTP/1'],
  );
  const target = mostly(TARGETS, ['*', 'a', '/a#b', '/\x7f']);
  return `${maybe(0.05, () => '\r\n')}${pick(METHODS)}${blank()}${target}${blank()}${version}${lineEnd()}`;
}

function makeHeader(): string {
  const name = mostly(NAMES, ['x a', 'x[', '', ' x', 'content-length', 'transfer-encoding', 'host']);
  const value = mostly(VALUES, ['a\0', 'a\x7f', 'a\r\n b', '\x01', 'a\rb']);
  return `${name}${maybe(0.02, () => ' ')}:${pick(['', ' ', '  ', '\t'])}${value}${lineEnd()}`;
}

function makeBody(): string {
  const body = pick(BODIES);
  const length =
    mostly(['', '0', '00'], ['+', '-', ' ', '0x']) + body.length + mostly(['', ' '], [',', '.0', ' 1']);
  const declared = `${pick(['content-length', 'Content-Length'])}: ${length}${lineEnd()}`;
  const coding = mostly(
    [' chunked', 'Chunked', '\tchunked '],
    ['gzip, chunked', 'chunked,', 'chunked, chunked', 'x'],
  );
  const encoded = `transfer-encoding:${coding}${lineEnd()}`;
  switch (Math.floor(random() * 20)) {
    case 0:
      return `${encoded}${declared}\r\n${makeChunks(body)}`;
    case 1:
      return `${declared}${encoded}\r\n${makeChunks(body)}`;
    case 2:
      return `${encoded}${encoded}\r\n${makeChunks(body)}`;
    case 3:
    case 4:
    case 5:
      return '\r\n';
    default:
      return random() < 0.5 ? `${declared}\r\n${body}` : `${encoded}\r\n${makeChunks(body)}`;
  }
}

function makeChunks(body: string): string {
  const extension = mostly(['', '', ';a', ';a=b', ';a="x;y"'], [' ', ';\0', ';a\nb', ':']);
  const size = mostly(['', '', '0', '000'], ['0x', '+', ' ', '-']) + body.length.toString(16);
  const cased = random() < 0.5 ? size : size.toUpperCase();
  const data = body === '' ? '' : `${cased}${extension}${lineEnd().replace(' ', '')}${body}${lineEnd()}`;
  return `${data}0${lineEnd()}${pick(['', '', 'x-t: 1\r\n'])}${lineEnd()}`;
}

function makeRequest(): string {
  const host = maybe(
    0.97,
    () => `${pick(['host', 'Host', 'HOST'])}: ${pick(['a', 'a:80', '[::1]', ''])}\r\n`,
  );
  const headers = Array.from({ length: Math.floor(random() * 3) }, makeHeader).join('');
  const connection = maybe(0.1, () => `connection: ${pick(['x-hop', 'keep-alive', 'te', 'close'])}\r\n`);
  return makeHead() + host + headers + connection + makeBody();
}

test(`of ${COUNT} made-up messages, node:http reads in the same way what we accept`, {
  timeout: 60_000,
}, async (context) => {
  let accepted = 0;
  const compare = async () => {
    const made = makeRequest() + maybe(0.4, makeRequest);
    const alone = readOurs(made);
    const sent = alone?.isLast === true ? made : made + PROBE;
    const ours = sent === made ? alone : readOurs(sent);
    if (ours === null || (sent !== made && ours.readings.at(-1)?.target !== 'p|/probe')) return;
    accepted += 1;
    const nodes = await readNodes(Buffer.from(sent, 'latin1'));
    assert.deepEqual(nodes, ours.readings, JSON.stringify(sent));
  };
  for (let done = 0; done < COUNT; done += PARALLEL)
    await Promise.all(Array.from({ length: PARALLEL }, compare));
  assert.ok(accepted > COUNT / 3, `only ${accepted} were accepted`);
  context.diagnostic(`${accepted} accepted`);
});
