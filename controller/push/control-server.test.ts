import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLineLogger } from '../../base/log.ts';
import type { IssuedCertificate } from '../../model/identity.ts';
import { proofLine } from '../../model/proof.ts';
import type { Challenge, Session } from '../../model/push.ts';
import { createAuthority, createRoot } from '../ca/authority.ts';
import { Certificates } from '../ca/certificates.ts';
import { createRequest } from '../ca/request.fixture.ts';
import { Challenges } from './challenges.ts';
import { type ControlServerDeps, openControlServer } from './control-server.ts';
import { createSessionState, Sessions } from './sessions.ts';

const IDENTITY = 'spiffe://cluster.local/ns/default/sa/reviews';

async function open(isProxy: () => boolean) {
  const folder = await mkdtemp(join(tmpdir(), 'lateen-control-'));
  const socketPath = join(folder, 'control.sock');
  const sessions = new Sessions(createSessionState());
  const logs = new Map<string, string[]>();
  const challenges = new Challenges({
    now: () => performance.now(),
    readErrors: async (container) => logs.get(container) ?? [],
  });
  const told: (readonly number[])[] = [];
  const authority = await createAuthority(await createRoot('cluster.local', Date.now()), [], Date.now);
  const deps: ControlServerDeps = {
    certificates: new Certificates(authority),
    identityOf: (container) => (container === 'unknown' ? null : IDENTITY),
    ...{ socketPath, sessions, challenges, isProxy },
    findContainer: (claim) => (claim === 'nobody' ? null : claim),
    hub: {
      connect: () => ({}),
      disconnect() {},
      isConnected: () => true,
    } as unknown as ControlServerDeps['hub'],
    log: createLineLogger(() => {}, Date.now, 'error'),
    onUnknownKey: () => told.push([-1]),
    onSpans: () => {},
    onTraffic: () => told.push([-2]),
    onGone: () => {},
    onOpenPorts: (_, { open: ports }) => told.push(ports),
  };
  const server = await openControlServer(deps);
  const close = async () => {
    server.close();
    await rm(folder, { recursive: true });
  };
  return { socketPath, sessions, logs, told, close };
}

async function post(socketPath: string, path: string, credential: string, body = ''): Promise<number> {
  return (await ask(socketPath, path, credential, body)).status;
}

function ask(
  socketPath: string,
  path: string,
  credential: string,
  body: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${credential}` };
    const outgoing = request({ socketPath, path, method: 'POST', agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const OPEN_9080 = JSON.stringify({ open: [9080] });

test('a good session is asked to wait, not refused, while the controller has not listed its container yet', async () => {
  let isListed = false;
  const { socketPath, sessions, told, close } = await open(() => isListed);
  const session = sessions.issue('container');
  assert.equal(await post(socketPath, '/v1/open-ports', session, OPEN_9080), 503);
  isListed = true;
  assert.equal(await post(socketPath, '/v1/open-ports', session, OPEN_9080), 204);
  assert.deepEqual(told, [[9080]]);
  await close();
});

test('traffic is taken of whoever has a session, if it is a report', async (context) => {
  const { socketPath, sessions, told, close } = await open(() => true);
  context.after(close);
  const session = sessions.issue('web');
  const good = '{"isFirst":true,"edges":[],"clusters":[]}';
  assert.equal(await post(socketPath, '/v1/traffic', 'nobody', good), 403);
  for (const body of [
    '',
    '{',
    '[]',
    '{"edges":{}}',
    '{"isFirst":true,"edges":[{"reporter":"x"}],"clusters":[]}',
  ])
    assert.equal(await post(socketPath, '/v1/traffic', session, body), 400, body);
  assert.deepEqual(told, []);
  assert.equal(await post(socketPath, '/v1/traffic', session, good), 204);
  assert.deepEqual(told, [[-2]]);
});

test('a proxy whose log has the proof gets a session of its container; without, and a second time, 403', async () => {
  const { socketPath, sessions, logs, close } = await open(() => true);
  const challengeFor = async (container: string) => {
    const { status, body } = await ask(socketPath, '/v1/challenge', '', JSON.stringify({ container }));
    assert.equal(status, 200);
    return (JSON.parse(body) as Challenge).challenge;
  };
  const challenge = await challengeFor('reviews');
  logs.set('reviews', [proofLine(challenge)]);
  const { status, body } = await ask(socketPath, '/v1/session', challenge, '');
  assert.equal(status, 200);
  assert.equal(sessions.containerOf((JSON.parse(body) as Session).session), 'reviews');
  assert.equal(await post(socketPath, '/v1/session', challenge), 403);
  assert.equal(await post(socketPath, '/v1/session', await challengeFor('payments')), 403);
  assert.equal(await post(socketPath, '/v1/session', 'forged'), 403);
  assert.equal(await post(socketPath, '/v1/config', 'forged.forged', '{}'), 403);
  await close();
});

test('a container that is not known yet is asked to wait, one that is no proxy is refused', async () => {
  const { socketPath, close } = await open(() => false);
  const claim = (container: string) => post(socketPath, '/v1/challenge', '', JSON.stringify({ container }));
  assert.equal(await claim('nobody'), 503);
  assert.equal(await claim('an-app'), 403);
  await close();
});

test('a proxy gets a certificate in the name that Docker attests, whoever asks without a session gets 403', async () => {
  const { socketPath, sessions, close } = await open(() => true);
  const session = sessions.issue('container');
  const body = JSON.stringify({ csr: (await createRequest()).toString('base64') });
  const { status, body: answer } = await ask(socketPath, '/v1/certificates', session, body);
  assert.equal(status, 200);
  const { chain, roots } = JSON.parse(answer) as IssuedCertificate;
  const leaf = new X509Certificate(chain);
  assert.equal(leaf.subjectAltName, `URI:${IDENTITY}`);
  assert.ok(leaf.verify(new X509Certificate(roots).publicKey));
  assert.equal(await post(socketPath, '/v1/certificates', 'forged.forged', body), 403);
  await close();
});

test('a request for the identity of another, or one whose sender lacks the key, gets 403', async () => {
  const { socketPath, sessions, close } = await open(() => true);
  const session = sessions.issue('container');
  const send = (csr: Buffer) =>
    post(socketPath, '/v1/certificates', session, JSON.stringify({ csr: csr.toString('base64') }));
  assert.equal(await send(await createRequest(IDENTITY)), 200);
  assert.equal(await send(await createRequest('spiffe://cluster.local/ns/default/sa/payments')), 403);
  const forged = await createRequest();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  assert.equal(await send(forged), 403);
  assert.equal(await send(Buffer.from('nothing of the kind')), 403);
  await close();
});

test('a request that was answered once gets 403, by its own sender and by others', async () => {
  const { socketPath, sessions, close } = await open(() => true);
  const [own, other] = ['container', 'another'].map((each) => sessions.issue(each));
  const body = JSON.stringify({ csr: (await createRequest()).toString('base64') });
  const send = (session = '') => post(socketPath, '/v1/certificates', session, body);
  assert.deepEqual([await send(own), await send(own), await send(other)], [200, 403, 403]);
  await close();
});

test('a proxy whose workload is not known yet is asked to wait for its certificate', async () => {
  const { socketPath, sessions, close } = await open(() => true);
  const session = sessions.issue('unknown');
  const body = JSON.stringify({ csr: (await createRequest()).toString('base64') });
  assert.equal(await post(socketPath, '/v1/certificates', session, body), 503);
  await close();
});

test('what a proxy that was taken over says is refused where it is no message, and reaches nobody', async (context) => {
  const { socketPath, sessions, told, close } = await open(() => true);
  context.after(close);
  const session = sessions.issue('web');
  const values = [null, 5, 'x', [], {}, { join: 1 }, [['a']], -1, 1.5, 1e9, { __proto__: null }];
  const bodies = ['', '{', 'null', '5', '[]', '"x"', '{}', '['.repeat(100_000)];
  for (const value of values)
    for (const field of ['open', 'nonce', 'version', 'error', 'csr', 'protocol', 'hashes', 'container'])
      bodies.push(JSON.stringify({ [field]: value }), JSON.stringify({ protocol: 1, [field]: value }));
  const paths = ['/v1/config', '/v1/ack', '/v1/open-ports', '/v1/certificates', '/v1/challenge'];
  for (const path of paths)
    for (const body of bodies) {
      const isWord =
        (path === '/v1/open-ports' && /"open":\[\]/.test(body)) ||
        (path === '/v1/certificates' && /"csr":"x"/.test(body)) ||
        (path === '/v1/challenge' && /"container":"x"/.test(body));
      const status = await post(socketPath, path, session, body);
      assert.ok(isWord ? status !== 400 : status === 400, `${path} ${body} ${status}`);
    }
  assert.ok(told.every((ports) => ports.length === 0));
});

test('of a caller that has proven nothing little is read', async (context) => {
  const { socketPath, close } = await open(() => true);
  context.after(close);
  const long = JSON.stringify({ container: 'x'.repeat(100_000) });
  await assert.rejects(
    post(socketPath, '/v1/challenge', '', long).then((status) => assert.equal(status, 200)),
  );
});

test('a proxy has one stream: another one of it ends the first', async (context) => {
  const { socketPath, sessions, close } = await open(() => true);
  context.after(close);
  const stream = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${sessions.issue('web')}` };
      const outgoing = request({ socketPath, path: '/v1/config', method: 'POST', agent: false, headers });
      outgoing.on('response', (incoming) => resolve(incoming.on('error', () => {}).resume()));
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify({ protocol: 1, version: '', hashes: {}, agent: 'test' }));
    });
  const first = await stream();
  const isCut = new Promise((resolve) => first.once('close', resolve));
  const second = await stream();
  await isCut;
  assert.equal(second.destroyed, false);
  second.destroy();
});
