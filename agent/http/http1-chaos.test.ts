import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../base/random.ts';
import { playHost, playProxy, toHost } from './testing/wire.ts';

const ASKED = [
  'GET /a HTTP/1.1\r\nhost: a\r\n\r\n',
  'POST /b HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n',
  'POST /c HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n',
  'POST /d HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n',
  'GET /e HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  'CONNECT b:1 HTTP/1.1\r\nhost: a\r\n\r\n',
  'HEAD / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n',
  'GET /f HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  ...['abc', '3\r\nabc\r\n', '0\r\n\r\n', '\r\n', 'x', 'GET'],
];
const ANSWERED = [
  'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nraw',
  'HTTP/1.0 200 OK\r\n\r\nuntil the end',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhalf',
  'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\nno',
  'garbage\r\n\r\n',
];

test('whatever callers and hosts do, nothing breaks and nothing stays behind', {
  timeout: 30_000,
}, async (context) => {
  const random = createSeededRandom(1);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] as string;
  const host = await playHost(context, (wire) => {
    wire.socket.on('data', () => {
      const draw = random();
      if (draw < 0.7) wire.send(pick(ANSWERED));
      else if (draw < 0.75) wire.send(pick(ANSWERED) + pick(ANSWERED));
      else if (draw < 0.8) wire.socket.end();
      else if (draw < 0.85) wire.socket.resetAndDestroy();
      wire.text = '';
    });
    wire.socket.on('end', () => wire.socket.end());
  });
  const proxy = await playProxy(context, toHost(host.port));
  const callOnce = async () => {
    const caller = proxy.call();
    for (let piece = random() * 6; piece > 0; piece--) {
      caller.send(pick(ASKED));
      if (random() < 0.5) await new Promise(setImmediate);
    }
    if (random() < 0.5) caller.socket.end();
    else if (random() < 0.2) caller.socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 10));
    caller.socket.destroy();
  };
  for (let turn = 0; turn < 20; turn++) await Promise.all(Array.from({ length: 50 }, callOnce));

  const isQuiet = () =>
    /^envoy_cluster_upstream_rq_active\{[^}]*\} 0$/m.test(proxy.dataplane.renderMetrics());
  while (!isQuiet()) await new Promise((resolve) => setTimeout(resolve, 50));
  // It still serves: the host answers in its own way, but some answer comes.
  const caller = proxy.call();
  caller.send('GET / HTTP/1.0\r\nx y: z\r\n\r\n');
  assert.match(await caller.hearEnd(), /^HTTP\/1\.1 400 /);
});
