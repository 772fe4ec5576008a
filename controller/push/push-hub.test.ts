import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Hello, PUSH_PROTOCOL, type Push } from '../../model/push.ts';
import { indexOf } from '../testing/container-facts.ts';
import { PushHub } from './push-hub.ts';

const HELLO: Hello = { protocol: PUSH_PROTOCOL, version: '', hashes: {}, agent: 'test' };
const HTTP = { 'lateen.ports': 'http:80' };

function start() {
  const settled: string[] = [];
  const hub = new PushHub({
    wall: () => 0,
    bootId: 'boot',
    findWorkload: (index, container) => index.workloadsById.get(container),
    onSettled: (id) => settled.push(id),
  });
  const connect = (container: string) => {
    const sent: Push[] = [];
    const connection = hub.connect(container, HELLO, (line) => sent.push(JSON.parse(line) as Push));
    const answer = (error: string | null) => {
      const last = sent.at(-1);
      hub.acknowledge(container, { nonce: last?.nonce ?? '', version: last?.version ?? '', error });
    };
    return { connection, sent, answer };
  };
  return { hub, connect, settled };
}

test('nobody is served before there is a World, nor whom Docker does not know', () => {
  const { hub, connect } = start();
  assert.equal(connect('a').connection, null);
  hub.update(indexOf({ a: HTTP }));
  assert.equal(connect('stranger').connection, null);
  assert.notEqual(connect('a').connection, null);
});

test('each proxy has at most one push outstanding, however often the World changes', () => {
  const { hub, connect } = start();
  hub.update(indexOf({ a: HTTP, b: HTTP }));
  const [a, b] = [connect('a'), connect('b')];
  for (const name of ['c', 'd', 'e']) hub.update(indexOf({ a: HTTP, b: HTTP, [name]: HTTP }));
  assert.deepEqual([a.sent.length, b.sent.length], [1, 1]);
  a.answer(null);
  assert.deepEqual([a.sent.length, b.sent.length], [2, 1], 'one that is slow holds up nobody else');
  const clusters = a.sent[1]?.upsert.filter(({ kind }) => kind === 'cluster').map(({ name }) => name);
  assert.deepEqual(clusters, ['outbound|80||e.default.svc.cluster.local'], 'what was in between is left out');
});

test('a NACK keeps the base: the next push builds upon what was acknowledged last', () => {
  const { hub, connect, settled } = start();
  hub.update(indexOf({ a: HTTP }));
  const a = connect('a');
  a.answer(null);
  hub.update(indexOf({ a: HTTP, b: HTTP }));
  a.answer('port 80 is in use');
  assert.equal(hub.statuses[0]?.state, 'NACKED');
  hub.update(indexOf({ a: HTTP, c: HTTP }));
  assert.equal(a.sent[2]?.base, a.sent[0]?.version);
  assert.deepEqual(a.sent[2]?.remove, [], 'what was refused was never held');
  a.answer(null);
  assert.equal(hub.statuses[0]?.state, 'SYNCED');
  assert.deepEqual(settled, ['a', 'a']);
});

test('a change that is taken back after a NACK leaves nothing to send', () => {
  const { hub, connect } = start();
  hub.update(indexOf({ a: HTTP }));
  const a = connect('a');
  a.answer(null);
  hub.update(indexOf({ a: HTTP, b: HTTP }));
  a.answer('no');
  hub.update(indexOf({ a: HTTP }));
  assert.equal(a.sent.length, 2);
  assert.equal(hub.statuses[0]?.state, 'SYNCED');
});

test('an answer to an older push is no answer', () => {
  const { hub, connect } = start();
  hub.update(indexOf({ a: HTTP }));
  const a = connect('a');
  hub.acknowledge('a', { nonce: 'another', version: 'x', error: null });
  assert.equal(hub.statuses[0]?.state, 'PENDING');
  a.answer(null);
  assert.equal(hub.areAllSettled, true);
});

test('a second stream of one container replaces the first, whose end then means nothing', () => {
  const { hub, connect } = start();
  hub.update(indexOf({ a: HTTP }));
  const first = connect('a');
  const second = connect('a');
  assert.ok(first.connection && second.connection);
  hub.disconnect(first.connection);
  assert.equal(hub.isConnected('a'), true);
  hub.disconnect(second.connection);
  assert.equal(hub.isConnected('a'), false);
});

test('versions of two starts of the controller are never the same', () => {
  const { hub, connect } = start();
  hub.update(indexOf({ a: HTTP, b: HTTP }));
  const versions = [connect('a'), connect('b')].map(({ sent }) => sent[0]?.version);
  assert.deepEqual(versions, ['boot-1', 'boot-2']);
});
