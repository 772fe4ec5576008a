import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import { createRequestedNames } from './requested-names.ts';
import type { DnsAnswer } from './resolve-host.ts';

/** A name server that answers when told. */
function open() {
  const clock = createManualClock();
  const lines: string[] = [];
  const asked: { host: string; answer: (answer: DnsAnswer) => void; fail: (code: string) => void }[] = [];
  const names = createRequestedNames({
    clock,
    log: createLineLogger((line) => lines.push(line), clock.wall),
    resolve: (host) =>
      new Promise((answer, reject) => {
        asked.push({ host, answer, fail: (code) => reject(Object.assign(new Error(code), { code })) });
      }),
  });
  const done: string[] = [];
  const lookUp = (name: string) => names.lookUp(name, () => done.push(name));
  return { clock, lines, asked, names, done, lookUp };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('those who ask at the same time wait for one look-up, which is believed for its time to live', async () => {
  const { names, asked, done, lookUp, clock } = open();
  assert.equal(names.find('a.example'), undefined);
  lookUp('a.example');
  lookUp('a.example');
  assert.deepEqual([asked.length, done], [1, []]);
  asked[0]?.answer({ addresses: ['::1', '10.0.0.1', '10.0.0.2'], ttlSeconds: 20 });
  await settle();
  assert.deepEqual(done, ['a.example', 'a.example']);
  assert.equal(names.find('a.example'), '10.0.0.1');
  clock.advance(19_999);
  assert.equal(names.find('a.example'), '10.0.0.1');
  clock.advance(1);
  assert.equal(names.find('a.example'), undefined);
});

test('a minute at most, whatever the name server says', async () => {
  const { names, asked, lookUp, clock } = open();
  lookUp('a.example');
  asked[0]?.answer({ addresses: ['10.0.0.1'], ttlSeconds: 600 });
  await settle();
  clock.advance(60_000);
  assert.equal(names.find('a.example'), undefined);
});

test('a name without an address is not asked for again at once, and told of', async () => {
  const { names, asked, lookUp, clock, lines } = open();
  lookUp('absent.example');
  asked[0]?.fail('ENOTFOUND');
  await settle();
  assert.equal(names.find('absent.example'), null);
  assert.match(lines[0] ?? '', /host=absent\.example reason=ENOTFOUND/);
  clock.advance(5000);
  assert.equal(names.find('absent.example'), undefined);
});

test('a name server that fails leaves the last answer in force', async () => {
  const { names, asked, lookUp, clock } = open();
  lookUp('a.example');
  asked[0]?.answer({ addresses: ['10.0.0.1'], ttlSeconds: 20 });
  await settle();
  clock.advance(20_000);
  lookUp('a.example');
  asked[1]?.fail('ESERVFAIL');
  await settle();
  assert.equal(names.find('a.example'), '10.0.0.1');
});

test('a host that failed is looked up anew, but not again and again', async () => {
  const { names, asked, lookUp, clock } = open();
  for (const name of ['a.example', 'b.example']) lookUp(name);
  asked[0]?.answer({ addresses: ['10.0.0.1'], ttlSeconds: 60 });
  asked[1]?.answer({ addresses: ['10.0.0.2'], ttlSeconds: 60 });
  await settle();
  names.doubt('10.0.0.1');
  assert.equal(names.find('a.example'), '10.0.0.1');
  clock.advance(5000);
  names.doubt('10.0.0.1');
  assert.deepEqual([names.find('a.example'), names.find('b.example')], [undefined, '10.0.0.2']);
});

test('a name server that is silent is waited for 5 s, and its late answer changes nothing', async () => {
  const { names, asked, lookUp, clock, done } = open();
  lookUp('slow.example');
  clock.advance(5000);
  assert.deepEqual([done, names.find('slow.example')], [['slow.example'], null]);
  asked[0]?.answer({ addresses: ['10.0.0.1'], ttlSeconds: 20 });
  await settle();
  assert.deepEqual([done.length, names.find('slow.example')], [1, null]);
});

test('callers who make names up are held to so many look-ups, and so many names', async () => {
  const { names, asked, lookUp, done } = open();
  for (let at = 0; at < 300; at++) lookUp(`${at}.example`);
  assert.deepEqual([asked.length, done.length, done[0]], [256, 44, '256.example']);
  for (let at = 0; at < 1100; at++) {
    if (asked[at] === undefined) lookUp(`more-${at}.example`);
    asked[at]?.answer({ addresses: ['10.0.0.1'], ttlSeconds: 60 });
    await settle();
  }
  assert.equal(names.find('0.example'), undefined);
  assert.equal(names.find('more-1099.example'), '10.0.0.1');
});
