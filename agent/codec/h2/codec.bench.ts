import { measure } from '../../../bench/per-operation.ts';
import type { RequestHead, ResponseHead } from '../head.ts';
import { HpackDecoder } from '../hpack/decoder.ts';
import { HpackEncoder } from '../hpack/encoder.ts';
import { ClientSession } from './client-session.ts';
import { Output } from './output.ts';
import { HEADER_LIMITS } from './protocol.ts';
import { ServerSession } from './server-session.ts';
import type { StreamEvents } from './stream.ts';
import { writeRequestFields } from './write-head.ts';

/** The HTTP/2 codec without sockets, on messages as browsers and services send them. */
const request: RequestHead = {
  ...{ method: 'GET', path: '/ratings/1?full=true', authority: 'reviews:9080', version: 'HTTP/2' },
  ...{ contentLength: -3, upgrade: '', expectContinue: false },
  headers: [
    ...['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0', 'accept', '*/*'],
    ...['accept-language', 'en-US,en;q=0.5', 'x-request-id', '7a4b9c1e-0d2f-4b5a-8c3d-1e2f3a4b5c6d'],
    ...['x-forwarded-proto', 'http', 'cookie', 'session=abcdef0123456789; theme=dark'],
  ],
};
const response: ResponseHead = {
  ...{ status: 200, reason: '', version: 'HTTP/2', contentLength: 60, upgrade: '' },
  headers: ['content-type', 'application/json', 'server', 'envoy', 'etag', '"5f"'],
};
const body = Buffer.alloc(60, 'x');

const output = new Output();
const encoder = new HpackEncoder();
const decoder = new HpackDecoder(HEADER_LIMITS);
const encode = () => {
  encoder.startBlock(output);
  writeRequestFields(encoder, output, request, 'http');
  const block = output.take();
  output.giveBack();
  return block;
};
// Twice into the table, as on a connection that is in use.
for (let i = 0; i < 3; i++) {
  const block = encode();
  decoder.decode(block, 0, block.length);
}
const indexed = Buffer.from(encode());
const fresh = Buffer.from('828684018cf1e3c2e5f23a6ba0ab90f4ff', 'hex');

const server: ServerSession = new ServerSession({
  onRequest(stream) {
    server.sendHead(stream, response, true);
    server.sendData(stream, body);
    server.sendEnd(stream, null);
  },
  onTooLarge() {},
  onDrained() {},
});
const client = new ClientSession('http', { onCapacity() {}, onAlive() {}, onGoAway() {} });
const nothing = () => {};
const events: StreamEvents = {
  ...{ onInterim: nothing, onResponse: nothing, onData: () => false, onEnd: nothing, onWritable: nothing },
  onReset: nothing,
};

/** All that one side has to say, given to the other. */
function pass(from: ServerSession | ClientSession, to: ServerSession | ClientSession): void {
  const bytes = Buffer.from(from.output.take());
  from.output.giveBack();
  to.push(bytes, 0);
  from.onFlushed(false);
}
pass(client, server);
pass(server, client);
pass(client, server);

measure({
  'write a request head, 6 headers, all indexed': encode,
  'read a request head, 6 headers, all indexed': () => decoder.decode(indexed, 0, indexed.length),
  'read a head with one Huffman string': () => decoder.decode(fresh, 0, fresh.length),
  'a request and its answer, both sides': () => {
    client.open(request, false, events);
    pass(client, server);
    pass(server, client);
  },
});
