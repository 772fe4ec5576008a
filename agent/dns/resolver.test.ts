import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver as Client } from 'node:dns/promises';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { NameEntrySpec } from '../../model/name-entry.ts';
import { RCODE, readQuestion, TYPE, writeAnswer } from '../codec/dns/message.ts';
import { createResolver } from './resolver.ts';

/** A name server that knows a few names, as Docker's does; everything else is NXDOMAIN. */
async function startUpstream(context: TestContext, known: Record<string, string>): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const question = readQuestion(query);
    if (question === null) return;
    const address = known[question.name];
    const addresses = address !== undefined && question.type === TYPE.A ? [address] : [];
    const rcode = address === undefined ? RCODE.nameError : RCODE.noError;
    socket.send(
      writeAnswer(query, question, { rcode, addresses, ttlSeconds: 1 }, 512),
      peer.port,
      peer.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  context.after(() => socket.close());
  return socket.address().port;
}

async function start(
  context: TestContext,
  names: readonly NameEntrySpec[],
  known: Record<string, string> = {},
) {
  const { resolver, client } = await open(context, known);
  resolver.update(new Map(names.map((entry) => [entry.name, entry])));
  return client;
}

/** A resolver that has not been told any names. */
async function open(context: TestContext, known: Record<string, string> = {}) {
  const resolver = await createResolver({
    nameservers: ['127.0.0.1'],
    upstreamPort: await startUpstream(context, known),
    port: 0,
    hosts: ['127.0.0.1'],
    clock: createSystemClock(),
    random: () => 0,
    log: silentLogger,
  });
  context.after(() => resolver.close());
  const client = new Client({ timeout: 3000, tries: 1 });
  client.setServers([`127.0.0.1:${resolver.port}`]);
  return { resolver, client };
}

const entry = (name: string, addresses: string[], mode: NameEntrySpec['mode'] = 'answer'): NameEntrySpec => ({
  name,
  addresses,
  mode,
});

test('a name of the mesh is answered by the agent, whatever its case', async (context) => {
  const client = await start(context, [entry('reviews.default', ['240.240.1.2'])]);
  assert.deepEqual(await client.resolve4('Reviews.DEFAULT'), ['240.240.1.2']);
});

test('a known name has no IPv6 address: empty at once, not NXDOMAIN', async (context) => {
  const client = await start(context, [entry('reviews', ['240.240.1.2'])]);
  await assert.rejects(client.resolve6('reviews'), { code: 'ENODATA' });
});

test('a question that comes before the names are known waits for them', async (context) => {
  const { client, resolver } = await open(context);
  const asked = client.resolve4('reviews');
  await setImmediate();
  resolver.update(new Map([['reviews', entry('reviews', ['240.240.1.2'])]]));
  assert.deepEqual(await asked, ['240.240.1.2']);
});

test("Docker's own name gets Docker's answer while it has one", async (context) => {
  const client = await start(context, [entry('cart', ['240.240.1.3'], 'pass')], { cart: '172.20.0.9' });
  assert.deepEqual(await client.resolve4('cart'), ['172.20.0.9']);
});

test("where Docker has none any more, the name's virtual address is the answer", async (context) => {
  const client = await start(context, [entry('cart', ['240.240.1.3'], 'pass')]);
  assert.deepEqual(await client.resolve4('cart'), ['240.240.1.3']);
});

test('every other name goes on untouched, its NXDOMAIN too', async (context) => {
  const client = await start(context, [], { 'example.org': '93.184.216.34' });
  assert.deepEqual(await client.resolve4('example.org'), ['93.184.216.34']);
  await assert.rejects(client.resolve4('nobody.example.org'), { code: 'ENOTFOUND' });
});

test('a wildcard answers for names below it, not for itself', async (context) => {
  const client = await start(context, [entry('*.shop.example', ['240.240.1.4'])]);
  assert.deepEqual(await client.resolve4('a.b.shop.example'), ['240.240.1.4']);
  await assert.rejects(client.resolve4('shop.example'), { code: 'ENOTFOUND' });
});

test('more addresses than fit into a datagram come over TCP', async (context) => {
  const addresses = Array.from({ length: 60 }, (_, index) => `10.0.0.${index + 1}`);
  const client = await start(context, [entry('big', addresses)]);
  assert.equal((await client.resolve4('big')).length, 60);
});
