import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { NameEntrySpec } from '../../model/name-entry.ts';
import { RCODE, readQuestion, readReply, TYPE, writeAnswer } from '../codec/dns/message.ts';
import { createResolver } from './resolver.ts';

/** The resolver's own bytes, over both transports; what a stub resolver makes of them is in resolver.test.ts. */

const LIMIT = { timeout: 10_000 };

function question(name: string, type: number = TYPE.A, id = 7): Buffer {
  const labels = name.split('.').map((label) => `${String.fromCharCode(label.length)}${label}`);
  const head = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, Buffer.from(`${labels.join('')}\0`, 'latin1'), Buffer.from([0, type, 0, 1])]);
}

/** A name server that answers NXDOMAIN with a mark of its own behind it, and remembers what it was asked. */
async function startUpstream(context: TestContext) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const read = readQuestion(query);
    if (read === null) return;
    asked.push(`${read.name}/${read.type}`);
    const reply = writeAnswer(query, read, { rcode: RCODE.nameError, addresses: [], ttlSeconds: 0 }, 512);
    socket.send(Buffer.concat([reply, Buffer.from('mark')]), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  context.after(() => socket.close());
  return { port: socket.address().port, asked };
}

async function start(context: TestContext, upstreamPort: number, nameservers = ['127.0.0.1']) {
  const resolver = await createResolver({
    ...{ nameservers, upstreamPort, port: 0, hosts: ['127.0.0.1'] },
    ...{ clock: createSystemClock(), random: () => 0, log: silentLogger },
  });
  context.after(() => resolver.close());
  const names: NameEntrySpec[] = [
    { name: 'reviews', addresses: ['240.240.0.1'], mode: 'answer' },
    { name: 'big', addresses: Array.from({ length: 60 }, (_, n) => `10.0.0.${n}`), mode: 'answer' },
  ];
  const update = () => resolver.update(new Map(names.map((entry) => [entry.name, entry])));
  update();
  return { resolver, update };
}

/** The first datagram that comes back. */
function askUdp(context: TestContext, port: number, ...messages: Buffer[]): Promise<Buffer> {
  const socket = createSocket('udp4');
  context.after(() => socket.close());
  return new Promise((resolve) => {
    socket.once('message', resolve);
    for (const message of messages) socket.send(message, port, '127.0.0.1');
  });
}

const framed = (message: Buffer) =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);

/** Everything that comes until the other side ends; one write for each chunk. */
function askTcp(port: number, chunks: readonly Buffer[], ends: boolean): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    let received = Buffer.alloc(0);
    const messages: Buffer[] = [];
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        messages.push(received.subarray(2, end));
        received = received.subarray(end);
      }
      if (!ends && messages.length > 0) socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve(messages));
    void (async () => {
      for (const chunk of chunks) await new Promise<void>((written) => socket.write(chunk, () => written()));
      if (ends) socket.end();
    })();
  });
}

const idOf = (message: Buffer | undefined) => message?.readUInt16BE(0);

describe('over UDP', LIMIT, () => {
  test('NXDOMAIN of the name server comes back byte for byte', async (context) => {
    const upstream = await startUpstream(context);
    const { resolver } = await start(context, upstream.port);
    const reply = await askUdp(context, resolver.port, question('nobody.example', TYPE.A, 0x1234));
    assert.equal(idOf(reply), 0x1234);
    assert.deepEqual(readReply(reply), { rcode: RCODE.nameError, answers: 0 });
    assert.ok(reply.includes('mark'));
  });

  test("a search domain is not the mesh's: it gets NXDOMAIN, and the bare name behind it its address", async (context) => {
    const upstream = await startUpstream(context);
    const { resolver } = await start(context, upstream.port);
    const searched = await askUdp(context, resolver.port, question('reviews.corp.example'));
    assert.equal(readReply(searched)?.rcode, RCODE.nameError);
    const bare = await askUdp(context, resolver.port, question('reviews'));
    assert.deepEqual(readReply(bare), { rcode: RCODE.noError, answers: 1 });
    assert.deepEqual(upstream.asked, ['reviews.corp.example/1']);
  });

  test('the address of the other family is empty at once, and nobody is asked', async (context) => {
    const upstream = await startUpstream(context);
    const { resolver } = await start(context, upstream.port);
    const reply = await askUdp(context, resolver.port, question('reviews', TYPE.AAAA));
    assert.deepEqual(readReply(reply), { rcode: RCODE.noError, answers: 0 });
    assert.deepEqual(upstream.asked, []);
  });

  test("other types than addresses are the name server's, for names of the mesh too", async (context) => {
    const upstream = await startUpstream(context);
    const { resolver } = await start(context, upstream.port);
    await askUdp(context, resolver.port, question('reviews', 16));
    assert.deepEqual(upstream.asked, ['reviews/16']);
  });

  test('an answer that does not fit says so', async (context) => {
    const { resolver } = await start(context, 9);
    const reply = await askUdp(context, resolver.port, question('big'));
    assert.equal(reply.readUInt16BE(2) & 0x0200, 0x0200);
    assert.equal(readReply(reply)?.answers, 0);
  });

  test('rubbish is no question, and the next one is answered', async (context) => {
    const upstream = await startUpstream(context);
    const { resolver } = await start(context, upstream.port);
    const rubbish = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(12, 0xff), Buffer.alloc(400, 0xc0)];
    const reply = await askUdp(context, resolver.port, ...rubbish, question('reviews'));
    assert.equal(readReply(reply)?.answers, 1);
  });

  test('where no name server listens the answer is a failure at once, not after a long wait', async (context) => {
    const closed = createSocket('udp4');
    await new Promise<void>((resolve) => closed.bind(0, '127.0.0.1', resolve));
    const { port } = closed.address();
    closed.close();
    const { resolver } = await start(context, port);
    const started = performance.now();
    const reply = await askUdp(context, resolver.port, question('nobody.example'));
    assert.equal(readReply(reply)?.rcode, RCODE.serverFailure);
    assert.ok(performance.now() - started < 2000);
  });

  test('the second name server is asked where the first is not there', async (context) => {
    const upstream = await startUpstream(context);
    const { resolver } = await start(context, upstream.port, ['127.0.0.9', '127.0.0.1']);
    const reply = await askUdp(context, resolver.port, question('nobody.example'));
    assert.equal(readReply(reply)?.rcode, RCODE.nameError);
  });

  test('many questions at once are each answered', async (context) => {
    const upstream = await startUpstream(context);
    const { resolver } = await start(context, upstream.port);
    const names = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? `n${n}.example` : 'reviews'));
    const replies = await Promise.all(
      names.map((name, n) => askUdp(context, resolver.port, question(name, TYPE.A, n))),
    );
    assert.deepEqual(
      replies.map(idOf),
      names.map((_, n) => n),
    );
    assert.deepEqual(
      replies.map((reply) => readReply(reply)?.answers),
      names.map((name) => (name === 'reviews' ? 1 : 0)),
    );
  });
});

describe('over TCP', LIMIT, () => {
  const both = Buffer.concat([framed(question('reviews', TYPE.A, 1)), framed(question('big', TYPE.A, 2))]);

  test('two questions in one read are both answered, whatever their size', async (context) => {
    const { resolver } = await start(context, 9);
    const replies = await askTcp(resolver.port, [both], true);
    assert.deepEqual(
      replies.map((reply) => [idOf(reply), readReply(reply)?.answers]),
      [
        [1, 1],
        [2, 60],
      ],
    );
  });

  test('questions may come byte by byte', async (context) => {
    const { resolver } = await start(context, 9);
    const replies = await askTcp(
      resolver.port,
      Array.from(both, (byte) => Buffer.from([byte])),
      true,
    );
    assert.deepEqual(replies.map(idOf), [1, 2]);
  });

  test('a client that ends its side gets the answer that takes a while', async (context) => {
    const closed = createSocket('udp4');
    await new Promise<void>((resolve) => closed.bind(0, '127.0.0.1', resolve));
    const { port } = closed.address();
    closed.close();
    const { resolver } = await start(context, port);
    const replies = await askTcp(resolver.port, [framed(question('nobody.example', TYPE.A, 9))], true);
    assert.deepEqual(
      replies.map((reply) => [idOf(reply), readReply(reply)?.rcode]),
      [[9, RCODE.serverFailure]],
    );
  });

  test('an empty message and half a message harm nobody', async (context) => {
    const { resolver } = await start(context, 9);
    await askTcp(resolver.port, [Buffer.from([0, 0, 0, 1, 0xff, 0, 40, 1])], true);
    assert.equal((await askTcp(resolver.port, [both], false)).length > 0, true);
  });
});
