import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createManualClock } from '../../../base/clock.ts';
import { createLineLogger } from '../../../base/log.ts';
import { openDockerSource, RESYNC_MS } from './docker-source.ts';
import { FakeDaemon } from './fake-daemon.fixture.ts';

async function open(context: TestContext, prepare: (daemon: FakeDaemon) => void = () => {}) {
  const daemon = await FakeDaemon.start();
  prepare(daemon);
  const clock = createManualClock();
  const lines: string[] = [];
  const connections: boolean[] = [];
  let changes = 0;
  const source = openDockerSource({
    ...{ docker: daemon.docker, clock },
    log: createLineLogger((line) => lines.push(line), clock.wall),
    onChange: () => {
      changes += 1;
    },
    onConnection: (isConnected) => connections.push(isConnected),
  });
  context.after(async () => {
    source.close();
    await daemon[Symbol.asyncDispose]();
  });
  const until = async (what: string, isThere: () => boolean) => {
    for (let tries = 0; !isThere(); tries++) {
      assert.ok(tries < 500, `not within 5 s: ${what}`);
      await sleep(10);
    }
  };
  const connected = (count: number) =>
    until(`connection ${count}`, () => connections.filter(Boolean).length === count);
  return { daemon, clock, source, lines, connections, changes: () => changes, until, connected };
}

test('what runs is listed, and what starts, stops and goes is followed', async (context) => {
  const { daemon, source, connected, until } = await open(context, (fake) => fake.run('first'));
  await connected(1);
  assert.deepEqual([...source.containers.keys()], ['first']);
  daemon.run('second');
  daemon.emit('start', 'second');
  await until('the second', () => source.containers.has('second'));
  daemon.run('second', { state: 'exited' });
  daemon.emit('die', 'second');
  await until('its end', () => source.containers.get('second')?.state === 'stopped');
  daemon.containers.delete('second');
  daemon.emit('destroy', 'second');
  await until('its removal', () => !source.containers.has('second'));
});

test('a container without any network, as an agent of Podman, is listed like the others', async (context) => {
  const { source, connected, lines } = await open(context, (fake) => {
    fake.run('app');
    fake.run('agent', { address: '' });
  });
  await connected(1);
  assert.deepEqual([...source.containers.keys()].sort(), ['agent', 'app']);
  assert.deepEqual(lines, []);
});

test('a container drains from its stop signal on, not from its end', async (context) => {
  const { daemon, source, connected, until } = await open(context, (fake) => fake.run('app'));
  await connected(1);
  daemon.emit('kill', 'app', { signal: '28' });
  daemon.emit('kill', 'app', { signal: '15' });
  await until('draining', () => source.containers.get('app')?.isDraining === true);
  assert.equal(source.containers.get('app')?.state, 'running');
  daemon.run('app', { startedAt: '2' });
  daemon.emit('die', 'app');
  daemon.emit('start', 'app');
  await until('running again', () => source.containers.get('app')?.startedAt === '2');
  assert.equal(source.containers.get('app')?.isDraining, false);
});

test('a stream that breaks is opened again, and what happened meanwhile is seen', async (context) => {
  const { daemon, clock, source, connections, connected, until } = await open(context, (fake) => {
    fake.run('goes');
    fake.run('restarts');
  });
  await connected(1);
  daemon.containers.delete('goes');
  daemon.run('restarts', { startedAt: '2', address: '10.0.0.9' });
  daemon.run('comes');
  daemon.cutStreams();
  await until('the break', () => connections.at(-1) === false);
  clock.advance(200);
  await connected(2);
  assert.deepEqual([...source.containers.keys()].sort(), ['comes', 'restarts']);
  assert.equal(source.containers.get('restarts')?.networks[0]?.address, '10.0.0.9');
  assert.equal(daemon.streamCount, 1);
});

test('a daemon that is away is complained about once and asked less and less often', async (context) => {
  const { daemon, clock, source, lines, connections, connected, until } = await open(context, (fake) =>
    fake.run('app'),
  );
  await connected(1);
  daemon.isAway = true;
  daemon.cutStreams();
  for (let round = 1; round <= 8; round++) {
    await until(`failure ${round}`, () => connections.filter((is) => !is).length === round);
    clock.advance(5000);
  }
  const before = daemon.requests.length;
  for (let ms = 0; ms < 4900; ms += 100) clock.advance(100);
  await sleep(50);
  assert.ok(daemon.requests.length - before <= 1, 'no busy loop');
  assert.equal(lines.filter((line) => line.includes('does not answer')).length, 1);
  assert.match(lines.join(''), /remedy="Is the socket mounted and the daemon running\?"/);
  assert.ok(source.containers.has('app'), 'what is known stays');
  daemon.isAway = false;
  clock.advance(5000);
  await connected(2);
  assert.match(lines.at(-1) ?? '', /answers again/);
});

test('a stream that breaks again and again does not make a busy loop', async (context) => {
  const { daemon, clock, connections, connected, until } = await open(context);
  for (let round = 1; round <= 6; round++) {
    await connected(round);
    daemon.cutStreams();
    await until(`break ${round}`, () => connections.filter((is) => !is).length === round);
    if (round < 6) clock.advance(5000);
  }
  const before = daemon.requests.length;
  for (let ms = 0; ms < 4000; ms += 100) clock.advance(100);
  await sleep(50);
  assert.equal(daemon.requests.length, before);
});

test('events that the daemon lost are made up for by the next list', async (context) => {
  const { daemon, clock, source, connected, until } = await open(context, (fake) => {
    fake.run('restarts');
    fake.run('sickens', { health: 'healthy' });
    fake.run('goes');
  });
  await connected(1);
  daemon.run('restarts', { startedAt: '2' });
  daemon.run('sickens', { health: 'unhealthy' });
  daemon.run('comes');
  daemon.containers.delete('goes');
  clock.advance(RESYNC_MS);
  await until('all of it', () => {
    const { containers } = source;
    return (
      containers.get('restarts')?.startedAt === '2' &&
      containers.get('sickens')?.health === 'unhealthy' &&
      containers.has('comes') &&
      !containers.has('goes')
    );
  });
});

test('a list that shows nothing new asks about no container and tells nobody', async (context) => {
  const { daemon, clock, changes, connected, until } = await open(context, (fake) => fake.run('app'));
  await connected(1);
  const [asked, told] = [daemon.requests.length, changes()];
  clock.advance(RESYNC_MS);
  await until('the list', () => daemon.requests.length > asked);
  await sleep(30);
  assert.equal(daemon.requests.length, asked + 1);
  assert.equal(changes(), told);
});

test('an answer that an event has overtaken is asked for again', async (context) => {
  const { daemon, source, connected, until } = await open(context, (fake) => fake.run('app'));
  await connected(1);
  let release = () => {};
  daemon.holdInspect = new Promise((resolve) => {
    release = resolve;
  });
  const asked = daemon.requests.length;
  daemon.emit('health_status', 'app');
  await until('the question', () => daemon.requests.length > asked);
  daemon.containers.delete('app');
  daemon.emit('destroy', 'app');
  await until('its removal', () => !source.containers.has('app'));
  release();
  await until('the second question', () => daemon.requests.length > asked + 1);
  await sleep(30);
  assert.equal(source.containers.has('app'), false, 'a late answer does not bring it back');
});

test('half a line, several lines and nonsense on the stream are survived', async (context) => {
  const { daemon, clock, source, connections, connected, until } = await open(context);
  await connected(1);
  const event = { Type: 'container', Action: 'start', Actor: { ID: 'app', Attributes: { name: 'app' } } };
  daemon.run('app');
  for (const letter of `{"Type":"image"}\n\n${JSON.stringify(event)}\n`) daemon.write(letter);
  await until('the app', () => source.containers.has('app'));
  daemon.write('<html>\n');
  await until('the break', () => connections.at(-1) === false);
  clock.advance(5000);
  await connected(2);
});

test('a daemon that accepts and never answers counts as away', async (context) => {
  const { daemon, clock, lines, connections, until } = await open(context, (fake) => {
    fake.isSilent = true;
  });
  await until('the question', () => daemon.requests.length === 1);
  clock.advance(20_000);
  await until('the failure', () => connections.at(-1) === false);
  assert.match(lines.join(''), /does not answer/);
});
