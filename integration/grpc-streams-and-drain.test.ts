import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { docker } from './fixture/docker.ts';
import { createEchoClient, type EchoClient } from './fixture/echo-client.ts';
import { ECHO_SUBSETS, echoServer } from './fixture/echo-service.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { agentOf } from './fixture/proxies.ts';
import { tunnels } from './fixture/streams.ts';
import type { Counts, Message } from './streams/grpc-service.ts';

/** Streams of gRPC whose other side is slow or gone, and calls while proxies and servers end. */

const DOOR = 7071;

const ROUTE = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: grpc, protocol: GRPC }, hosts: ["*"] }]
---
${ECHO_SUBSETS.trim()}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: echo }
spec:
  hosts: ["*"]
  gateways: [door]
  http: [{ route: [{ destination: { host: echo } }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: inside }
spec:
  hosts: [echo]
  http:
    - match: [{ uri: { exact: /lateen.test.Echo/Say } }]
      route: [{ destination: { host: echo } }]
    - route: [{ destination: { host: echo, subset: v1 } }]
`;

let mesh: Mesh;
/** From a container of the mesh to the service; streams go to v1. */
let inside: EchoClient;
/** From outside to the gateway. */
let outside: EchoClient;

before(async () => {
  mesh = await startMesh({
    name: 'grpc-streams',
    services: echoServer('v1') + echoServer('v2') + tunnels({ [DOOR]: 'echo:9090' }),
    config: { 'route.yaml': ROUTE },
  });
  const [caller = ''] = await mesh.containers('caller');
  inside = createEchoClient(`${await mesh.address(caller)}:${DOOR}`, {
    'grpc.default_authority': 'echo:9090',
    'grpc.enable_retries': 0,
  });
  outside = createEchoClient(`127.0.0.1:${mesh.httpPort}`, {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 500,
  });
  await bothVersionsAnswer();
});

after(async () => {
  inside?.close();
  outside?.close();
  await mesh?.[Symbol.asyncDispose]();
});

async function bothVersionsAnswer(): Promise<void> {
  await eventually('both versions answer', async () => {
    const answers = await Promise.all(
      [inside, outside].flatMap((client) => Array.from({ length: 6 }, () => say(client))),
    );
    return new Set(answers).size === 2 ? true : undefined;
  });
}

function unary(client: EchoClient, method: 'say' | 'counts', text: string): Promise<Message> {
  const metadata = new grpc.Metadata({ waitForReady: true });
  return new Promise((resolve, reject) => {
    client[method]({ text }, metadata, { deadline: Date.now() + 20_000 }, (error, answer) =>
      error === null && answer !== undefined ? resolve(answer) : reject(error),
    );
  });
}

const say = async (client: EchoClient) => (await unary(client, 'say', 'hello')).by;
const counts = async (word = '') => JSON.parse((await unary(inside, 'counts', word)).text) as Counts;

/** A count that has stopped: the same over many calls on the same connection. */
async function stoppedAt(read: () => Promise<number>): Promise<number> {
  const look = async () => {
    const before = await read();
    for (let i = 0; i < 15; i++) await say(inside);
    return before > 0 && (await read()) === before ? before : undefined;
  };
  return eventually('it stops', look, 60_000);
}

describe('a stream whose other side is slow', () => {
  test('of answers: a caller that does not read stops the server, and no other call', async () => {
    const most = 6000;
    const stream = inside.flood({ text: String(most) });
    await once(stream, 'data');
    stream.pause();
    const stopped = await stoppedAt(async () => (await counts()).flooded);
    assert.ok(stopped < most / 4, `${stopped} messages of 16 KiB were taken`);
    let heard = 1;
    stream.on('data', () => {
      heard += 1;
    });
    stream.resume();
    const [status] = await once(stream, 'status');
    assert.equal((status as grpc.StatusObject).code, grpc.status.OK);
    assert.equal(heard, most);
  });

  test('of answers: cancelled in the middle, the server hears of it and stops', async () => {
    const before = await counts();
    const stream = inside.flood({ text: '1000000' });
    await once(stream, 'data');
    const status = new Promise<grpc.StatusObject>((resolve) => stream.on('status', resolve));
    // Its end is an error too.
    stream.on('error', () => {});
    stream.cancel();
    assert.equal((await status).code, grpc.status.CANCELLED);
    await eventually('it was cancelled', async () =>
      (await counts()).floodsCancelled === before.floodsCancelled + 1 ? true : undefined,
    );
    const flooded = (await counts()).flooded;
    for (let i = 0; i < 10; i++) await say(inside);
    assert.equal((await counts()).flooded, flooded);
  });

  test('of requests: a server that does not read stops the caller, and no other call', async () => {
    const most = 5000;
    const text = 'x'.repeat(16 * 1024);
    let taken = 0;
    let stream: grpc.ClientWritableStream<Message> | undefined;
    const answer = new Promise<Message | undefined>((resolve, reject) => {
      stream = inside.ignore((error, got) => (error === null ? resolve(got) : reject(error)));
    });
    const pour = (async () => {
      for (; taken < most; taken++) if (!stream?.write({ text })) await once(stream as never, 'drain');
      stream?.end();
    })();
    const stopped = await stoppedAt(async () => taken);
    assert.ok(stopped < most / 2, `${stopped} messages of 16 KiB were taken`);
    await counts('read');
    await pour;
    assert.equal((await answer)?.text, String(most * text.length));
    assert.equal((await counts()).heard, most);
  });
});

/** Calls without pause while `task` runs; gives what failed. */
async function callsWhile(client: EchoClient, task: () => Promise<unknown>) {
  const lost: string[] = [];
  let answered = 0;
  let isOver = false;
  const caller = async () => {
    while (!isOver) {
      const failure = await say(client).then(
        () => '',
        (error: Error) => `${new Date().toISOString()} ${error.message}`,
      );
      if (failure === '') answered += 1;
      else lost.push(failure);
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  try {
    await task();
  } finally {
    isOver = true;
    await Promise.all(callers);
  }
  return { answered, lost };
}

describe('no call is lost, nor an open stream cut,', () => {
  test('when a server says GOAWAY and ends', async () => {
    const { answered, lost } = await callsWhile(outside, async () => {
      await mesh.compose('stop', '-t', '10', 'echo-v2');
      await mesh.settled();
      await mesh.compose('start', 'echo-v2');
      await mesh.settled();
    });
    await bothVersionsAnswer();
    assert.deepEqual(lost, []);
    assert.ok(answered > 100, `${answered} calls`);
  });

  test('when the agent of a server is told to stop', async () => {
    const stream = outside.chat();
    stream.write({ text: 'open' });
    const [{ by }] = (await once(stream, 'data')) as [Message];
    const agent = await agentOf(mesh, `echo-${by}`);
    const { lost } = await callsWhile(outside, async () => {
      const stopped = docker(['stop', '-t', '10', agent]);
      await eventually('others take the calls', async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => say(outside)));
        return answers.includes(by) ? undefined : true;
      });
      stream.write({ text: 'still' });
      const [still] = (await once(stream, 'data')) as [Message];
      assert.equal(still.text, 'still');
      stream.end();
      await once(stream, 'status');
      await stopped;
      await eventually('another agent', async () => {
        const now = await agentOf(mesh, `echo-${by}`);
        return now !== agent ? true : undefined;
      });
      await mesh.settled();
    });
    assert.deepEqual(lost, []);
    await bothVersionsAnswer();
  });

  test('when the gateway is told to stop, for callers who wait until it is there again', async () => {
    const [gateway = ''] = await mesh.containers('istio-ingressgateway');
    const { answered, lost } = await callsWhile(outside, async () => {
      await docker(['stop', '-t', '10', gateway]);
      await docker(['start', gateway]);
      await mesh.settled();
      await eventually('it answers again', async () =>
        (await say(outside)) === undefined ? undefined : true,
      );
    });
    assert.deepEqual(lost, []);
    assert.ok(answered > 10, `${answered} calls`);
  });
});
