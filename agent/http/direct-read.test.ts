import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type DirectReader, readDirectly } from './direct-read.ts';

/** A connection's two ends; the accepted one is paused, as those that the agent takes. */
async function openPair(): Promise<{ caller: Socket; accepted: Socket } & AsyncDisposable> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepting = once(server, 'connection');
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await accepting) as [Socket];
  return {
    ...{ caller, accepted },
    async [Symbol.asyncDispose]() {
      for (const socket of [caller, accepted]) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Keeps what is its own and copies what is lent, and says when enough has come. */
class Collector implements DirectReader {
  readonly chunks: Buffer[] = [];
  bytes = 0;
  owned = 0;
  readonly whole: Promise<void>;
  #resolve = () => {};
  readonly #wanted: number;

  constructor(wanted: number) {
    this.#wanted = wanted;
    this.whole = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  read(chunk: Buffer): boolean {
    this.owned += chunk.length;
    this.#take(chunk);
    return false;
  }

  readLent(bytes: Buffer, length: number): boolean {
    this.#take(Buffer.from(bytes.subarray(0, length)));
    return false;
  }

  #take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes >= this.#wanted) this.#resolve();
  }
}

test('this Node lets a connection that was accepted be read into one buffer', async () => {
  await using pair = await openPair();
  const { caller, accepted } = pair;
  const collector = new Collector(5);
  assert.equal(readDirectly(accepted, collector), true);
  accepted.on('data', () => assert.fail('the stream has nothing to tell'));
  accepted.resume();
  caller.write('hello');
  await collector.whole;
  assert.equal(collector.chunks.join(''), 'hello');
  assert.equal(collector.owned, 0);
  const ended = once(accepted, 'end');
  caller.end();
  await ended;
});

test('large bodies of several connections do not get into each other', async () => {
  const sent = Array.from({ length: 3 }, () => randomBytes(4 * 1024 * 1024));
  await Promise.all(
    sent.map(async (bytes) => {
      await using pair = await openPair();
      const collector = new Collector(bytes.length);
      readDirectly(pair.accepted, collector);
      pair.accepted.resume();
      pair.caller.write(bytes);
      await collector.whole;
      assert.ok(Buffer.concat(collector.chunks).equals(bytes));
      assert.ok(collector.owned > 0, 'most of it is not copied');
    }),
  );
});

test('the buffer of a large read is used again where nobody keeps its bytes, and only there', async () => {
  await using pair = await openPair();
  const seen = new Set<ArrayBufferLike>();
  const kept: { readonly chunk: Buffer; readonly copy: Buffer }[] = [];
  let reads = 0;
  let collector = new Collector(0);
  readDirectly(pair.accepted, {
    read(chunk) {
      seen.add(chunk.buffer);
      const isKept = reads++ % 3 === 0;
      if (isKept) kept.push({ chunk, copy: Buffer.from(chunk) });
      collector.read(Buffer.from(chunk));
      return !isKept;
    },
    readLent: (bytes, length) => collector.readLent(bytes, length),
  });
  pair.accepted.resume();
  // How much a read brings is the kernel's to say.
  while (kept.length < 5) {
    const sent = randomBytes(1024 * 1024);
    collector = new Collector(sent.length);
    pair.caller.write(sent);
    await collector.whole;
    assert.ok(Buffer.concat(collector.chunks).equals(sent));
  }
  assert.ok(kept.every(({ chunk, copy }) => chunk.equals(copy)));
  assert.equal(new Set(kept.map(({ chunk }) => chunk.buffer)).size, kept.length);
  assert.ok(seen.size <= kept.length + 1, 'what is not kept is used again');
});

test('a small read behind large ones is lent again', async () => {
  await using pair = await openPair();
  const large = new Collector(1024 * 1024);
  let reader: Collector = large;
  readDirectly(pair.accepted, {
    read: (chunk) => reader.read(chunk),
    readLent: (bytes, length) => reader.readLent(bytes, length),
  });
  pair.accepted.resume();
  pair.caller.write(Buffer.alloc(1024 * 1024));
  await large.whole;
  const small = new Collector(10);
  reader = small;
  pair.caller.write('0123456789');
  await small.whole;
  assert.equal(small.owned, 0);
});

test('a connection that is paused is left alone until it goes on', async () => {
  await using pair = await openPair();
  const { caller, accepted } = pair;
  const first = new Collector(1);
  readDirectly(accepted, first);
  accepted.resume();
  caller.write('a');
  await first.whole;
  accepted.pause();
  caller.write('b');
  // Once the bytes have gone round another connection, those of this one have come too.
  await using other = await openPair();
  const around = new Collector(1);
  readDirectly(other.accepted, around);
  other.accepted.resume();
  other.caller.write('c');
  await around.whole;
  assert.equal(first.bytes, 1);
  accepted.resume();
  while (first.bytes < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(first.chunks.join(''), 'ab');
});

test('what waits in the stream is read from the stream', async () => {
  await using pair = await openPair();
  pair.accepted.unshift(Buffer.from('early'));
  assert.equal(readDirectly(pair.accepted, new Collector(1)), false);
  assert.equal(String(pair.accepted.read()), 'early');
  assert.equal(readDirectly(pair.accepted, new Collector(1)), true);
});
