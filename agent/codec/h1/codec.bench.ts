import { measure } from '../../../bench/per-operation.ts';
import { BODY_NOT_TOLD, type RequestHead, type ResponseHead } from '../head.ts';
import { readHeaderBlock } from './header-block.ts';
import { RequestParser } from './request-parser.ts';
import { ResponseParser } from './response-parser.ts';
import { encodeRequestHead, encodeResponseHead } from './write-head.ts';

/** The HTTP/1.1 codec without sockets, on messages as browsers and services send them. */
const LINES = [
  ...['host: reviews:9080', 'user-agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0', 'accept: */*'],
  ...['accept-language: en-US,en;q=0.5', 'x-request-id: 7a4b9c1e-0d2f-4b5a-8c3d-1e2f3a4b5c6d'],
  ...['x-forwarded-proto: http', 'cookie: session=abcdef0123456789; theme=dark', 'connection: keep-alive'],
];
const block = `${LINES.join('\r\n')}\r\n`;
const small = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
const typical = Buffer.from(`GET /ratings/1?full=true HTTP/1.1\r\n${block}\r\n`);
const half = [typical.subarray(0, 100), typical.subarray(100)];
const chunked = Buffer.from(
  `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${'5\r\nhello\r\n'.repeat(8)}0\r\n\r\n`,
);
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nserver: nginx\r\netag: "5f"\r\ncontent-length: 60\r\n\r\n${'x'.repeat(60)}`,
);

const nothing = () => {};
const requests = new RequestParser({
  onRequest: nothing,
  onData: nothing,
  onEnd: nothing,
  onTunnel: nothing,
});
const responses = new ResponseParser({
  ...{ onInterim: nothing, onResponse: nothing, onData: nothing, onEnd: nothing, onTunnel: nothing },
});

const request: RequestHead = {
  ...{ method: 'GET', path: '/ratings/1?full=true', authority: 'reviews:9080', version: 'HTTP/1.1' },
  ...{ contentLength: BODY_NOT_TOLD, upgrade: '', expectContinue: false },
  headers: readHeaderBlock(block, 0).headers,
};
const response: ResponseHead = {
  ...{ status: 200, reason: 'OK', version: 'HTTP/1.1', contentLength: 60, upgrade: '' },
  headers: [
    'content-type',
    'application/json',
    'server',
    'envoy',
    'etag',
    '"5f"',
    'date',
    'Sun, 06 Nov 1994 08:49:37 GMT',
  ],
};
const keep = { isLast: false, isHttp10: false };

measure({
  'request, 1 header': () => {
    requests.push(small);
    requests.next();
  },
  'request, 8 headers': () => {
    requests.push(typical);
    requests.next();
  },
  'request, 8 headers in two reads': () => {
    for (const piece of half) requests.push(piece);
    requests.next();
  },
  'request, 8 chunks': () => {
    requests.push(chunked);
    requests.next();
  },
  'answer, 4 headers and a body': () => {
    responses.expect('GET');
    responses.push(answer);
  },
  'header block, 8 headers': () => readHeaderBlock(block, 0),
  'write a request head, 6 headers': () => encodeRequestHead(request),
  'write an answer head, 4 headers': () => encodeResponseHead(response, keep),
});
