import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFamilies } from '../../base/exposition.ts';
import type { Push } from '../../model/push.ts';
import { emptyResources, type Resources } from '../../model/snapshot.ts';
import { Differ } from './delta.ts';
import { ProxyConnection } from './proxy-connection.ts';
import { PushMetrics } from './push-metrics.ts';
import { Serialiser } from './serialised.ts';

function named(...names: string[]): Resources {
  const resources = emptyResources();
  for (const name of names) resources.name.set(name, { name, addresses: [], mode: 'answer' });
  return resources;
}

function connect(hello = { version: '', hashes: {}, agent: 'test' }) {
  const sent: Push[] = [];
  let version = 0;
  let now = 0;
  const metrics = new PushMetrics();
  const connection = new ProxyConnection(
    {
      proxy: 'a.default',
      container: 'c',
      differ: new Differ(new Serialiser()),
      metrics,
      wall: () => now,
      createVersion: () => `v${++version}`,
      send: (line) => sent.push(JSON.parse(line) as Push),
    },
    hello,
  );
  const answer = (error: string | null) => {
    const last = sent.at(-1);
    connection.onAck({ nonce: last?.nonce ?? '', version: last?.version ?? '', error });
  };
  const wait = (ms: number) => {
    now += ms;
  };
  return { connection, sent, answer, wait, metrics };
}

const names = (push: Push | undefined) => push?.upsert.map(({ name }) => name);

test('a fresh agent gets everything, then only what changed', () => {
  const { connection, sent, answer } = connect();
  connection.want(named('a', 'b'));
  assert.equal(sent[0]?.base, '');
  assert.deepEqual(names(sent[0]), ['a', 'b']);
  answer(null);
  connection.want(named('b', 'c'));
  assert.equal(sent[1]?.base, 'v1');
  assert.deepEqual(names(sent[1]), ['c']);
  assert.deepEqual(sent[1]?.remove, [{ kind: 'name', name: 'a' }]);
});

test('at most one push is outstanding, and what comes meanwhile is joined', () => {
  const { connection, sent, answer } = connect();
  connection.want(named('a'));
  connection.want(named('a', 'b'));
  connection.want(named('a', 'b', 'c'));
  assert.equal(sent.length, 1);
  answer(null);
  assert.equal(sent.length, 2);
  assert.deepEqual(names(sent[1]), ['b', 'c']);
});

test('nothing is sent where nothing changed', () => {
  const { connection, sent, answer } = connect();
  connection.want(named('a'));
  answer(null);
  connection.want(named('a'));
  assert.equal(sent.length, 1);
  assert.equal(connection.status.state, 'SYNCED');
});

test('after a NACK the base stays, the same is not offered again, and the next change is', () => {
  const { connection, sent, answer } = connect();
  connection.want(named('a'));
  answer(null);
  connection.want(named('bad'));
  answer('port 80 is in use');
  assert.equal(connection.status.state, 'NACKED');
  assert.equal(connection.status.lastError, 'port 80 is in use');
  assert.equal(sent.length, 2);
  connection.want(named('good'));
  assert.equal(sent[2]?.base, 'v1');
  assert.deepEqual(names(sent[2]), ['good']);
  answer(null);
  assert.equal(connection.status.state, 'SYNCED');
});

test('an agent that comes back with what it holds gets only the difference', () => {
  const first = connect();
  first.connection.want(named('a', 'b'));
  const hashes = Object.fromEntries(
    (first.sent[0]?.upsert ?? []).map(({ kind, name, hash }) => [`${kind}/${name}`, hash]),
  );
  const second = connect({ version: 'old-7', hashes, agent: 'test' });
  second.connection.want(named('a', 'c'));
  assert.equal(second.sent[0]?.base, 'old-7');
  assert.deepEqual(names(second.sent[0]), ['c']);
});

test('pushes, refusals and how long a change took are counted under the names of istiod', () => {
  const { connection, answer, wait, metrics } = connect();
  connection.want(named('a'));
  wait(200);
  answer(null);
  connection.want(named('b'));
  answer('no such cluster');
  const text = renderFamilies(metrics.families, 'text');
  assert.match(text, /^pilot_xds_pushes\{type="all"\} 2$/m);
  assert.match(text, /^pilot_xds_config_size_bytes_bucket\{type="all",le="1"\} 0$/m);
  assert.match(text, /^pilot_xds_config_size_bytes_bucket\{type="all",le="10000"\} 2$/m);
  assert.match(text, /^pilot_total_xds_rejects\{type="all"\} 1$/m);
  assert.match(text, /^pilot_proxy_convergence_time_bucket\{le="0.1"\} 0$/m);
  assert.match(text, /^pilot_proxy_convergence_time_bucket\{le="0.5"\} 1$/m);
});
