import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { type TestContext, test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { createDnsForwarder } from './forwarder.ts';

/** A question for `a.example`, and what may follow its head in a reply. */
const question = (id: number, name = '\x01a\x07example\0') =>
  Buffer.concat([
    Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    Buffer.from(name, 'latin1'),
    Buffer.from([0, 1, 0, 1]),
  ]);

type Reply = (query: Buffer, peer: RemoteInfo) => readonly Buffer[];

/** A name server that says whatever `reply` makes of a question. */
async function startServer(context: TestContext, reply: Reply) {
  const asked: { readonly id: number; readonly port: number }[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    asked.push({ id: query.readUInt16BE(0), port: peer.port });
    for (const message of reply(query, peer)) socket.send(message, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  context.after(() => socket.close());
  const forwarder = createDnsForwarder(['127.0.0.1'], createSystemClock(), socket.address().port);
  context.after(() => forwarder.close());
  return { forwarder, asked };
}

function answerTo(query: Buffer, mark: string, change: (reply: Buffer) => void = () => {}): Buffer {
  const reply = Buffer.concat([query, Buffer.from(mark)]);
  reply[2] = 0x81;
  change(reply);
  return reply;
}

test('each question has an id and a port of its own that do not follow from the last', async (context) => {
  const { forwarder, asked } = await startServer(context, (query) => [answerTo(query, 'good')]);
  for (let round = 0; round < 40; round++) await forwarder.ask(question(7), false);
  assert.ok(new Set(asked.map(({ id }) => id)).size > 35);
  const steps = asked.slice(1).map(({ id }, at) => id - (asked[at]?.id ?? 0));
  assert.ok(new Set(steps).size > 35, 'no counting');
  assert.ok(new Set(asked.map(({ port }) => port)).size > 5);
});

test('a reply with another id, or to another question, is not believed; the true one behind it is', async (context) => {
  const { forwarder } = await startServer(context, (query) => [
    answerTo(query, 'other id', (reply) => reply.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0)),
    answerTo(question(query.readUInt16BE(0), '\x01b\x07example\0'), 'other name'),
    answerTo(query, 'other type', (reply) => reply.writeUInt8(28, query.length - 3)),
    Buffer.from([1]),
    answerTo(query, 'good'),
  ]);
  const reply = await forwarder.ask(question(7), false);
  assert.match(reply?.toString('latin1') ?? '', /good$/);
  assert.equal(reply?.readUInt16BE(0), 7);
});

test('a name server may write the name in other letters', async (context) => {
  const { forwarder } = await startServer(context, (query) => [
    answerTo(question(query.readUInt16BE(0), '\x01A\x07eXample\0'), 'good'),
  ]);
  assert.match((await forwarder.ask(question(7), false))?.toString('latin1') ?? '', /good$/);
});

test('what another address sends in the name of the server is not heard', async (context) => {
  const stranger = createSocket('udp4');
  context.after(() => stranger.close());
  const { forwarder } = await startServer(context, (query, peer) => {
    stranger.send(answerTo(query, 'forged'), peer.port, peer.address);
    setTimeout(() => stranger.emit('sent', query, peer), 20);
    return [];
  });
  stranger.on('sent', () => forwarder.close());
  const asked = forwarder.ask(question(7), false);
  const first = await Promise.race([
    asked,
    new Promise((resolve) => stranger.once('sent', () => resolve('silence'))),
  ]);
  assert.equal(first, 'silence');
});
