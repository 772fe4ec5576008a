import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { playHost, playProxy, toHost, type Wire } from './testing/wire.ts';

const LIMIT = { timeout: 20_000 };

/** Answers with the request's target and Host. */
function echo(wire: Wire): void {
  const answer = async () => {
    for (;;) {
      const head = await wire.hear(/\r\n\r\n/);
      const target = head.split(' ')[1] ?? '';
      const host = /^host: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
      const body = `[${target} of ${host}]`;
      wire.send(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    }
  };
  answer().catch(() => {});
}

const GOOD = 'GET /good HTTP/1.1\r\nhost: a\r\n\r\n';

describe('what is no good HTTP/1 is answered, logged with its cause and flag, and counted', LIMIT, () => {
  const cases: readonly (readonly [title: string, bytes: string, status: number, details: string])[] = [
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}`,
      431,
      'http1.headers_too_large{head_larger_than_61440_bytes}',
    ],
    [
      'too many headers',
      `GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(100)}\r\n`,
      431,
      'http1.too_many_headers{more_than_100_headers}',
    ],
    [
      'a header without a colon',
      'GET / HTTP/1.1\r\nhost: a\r\nhello\r\n\r\n',
      400,
      'http1.codec_error{header_line_without_a_colon}',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400, 'http1.codec_error{host_is_missing}'],
    ['an unknown method', 'get / HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'http1.codec_error{unknown_method}'],
    [
      'authority-form for anything but CONNECT',
      'GET a:80 HTTP/1.1\r\nhost: a\r\n\r\n',
      400,
      'http1.invalid_url{invalid_request_target}',
    ],
    [
      'absolute-form of another scheme',
      'GET ftp://a/ HTTP/1.1\r\nhost: a\r\n\r\n',
      400,
      'http1.invalid_url{invalid_request_target}',
    ],
    [
      'absolute-form with somebody before the host',
      'GET http://you@a/ HTTP/1.1\r\nhost: a\r\n\r\n',
      400,
      'http1.invalid_url{invalid_request_target}',
    ],
    [
      'two framings at once',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
      'http1.invalid_transfer_encoding{transfer-encoding_beside_content-length}',
    ],
    [
      'another version',
      'GET / HTTP/1.9\r\nhost: a\r\n\r\n',
      505,
      'http1.codec_error{HTTP_version_not_supported}',
    ],
    ['TLS', '\x16\x03\x01\x00\x05hello', 0, ''],
  ];
  for (const [title, bytes, status, details] of cases) {
    test(title, async (context) => {
      const host = await playHost(context, echo);
      const proxy = await playProxy(context, toHost(host.port));
      const other = proxy.call();
      const caller = proxy.call();
      caller.send(bytes);
      const heard = await caller.hearEnd();
      if (status === 0) assert.equal(heard, '', 'nobody who speaks TLS can read an answer');
      else assert.ok(heard.startsWith(`HTTP/1.1 ${status} `), heard);
      assert.equal(
        proxy.log[0],
        `${status} ${status === 0 ? 'NR filter_chain_not_found' : `DPE ${details}`}`,
      );
      const [, metrics = ''] = proxy.dataplane.renderMetrics().split('istio_requests_total counter');
      if (status > 0)
        assert.match(metrics, new RegExp(`response_code="${status}",.*response_flags="DPE".* 1\n`));
      other.send(GOOD);
      await other.hear(/\[\/good of a\]/);
      assert.equal(host.connections.length, 1, 'nothing of it reached the host');
    });
  }

  test('a body whose framing breaks', async (context) => {
    const host = await playHost(context);
    const proxy = await playProxy(context, toHost(host.port));
    const caller = proxy.call();
    caller.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n');
    await (await host.connection(0)).hear(/ok/);
    caller.send('nonsense\r\n');
    assert.match(await caller.hearEnd(), /^HTTP\/1\.1 400 /);
    assert.deepEqual(proxy.log, ['400 DPE codec_error:invalid_chunk_size']);
  });

  test('a head that takes too long, where a limit is set', async (context) => {
    const proxy = await playProxy(context, toHost(1, { requestHeadersTimeoutMs: 50 }));
    const caller = proxy.call();
    caller.send('GET / HTTP/1.1\r\nx-slow: ');
    assert.match(await caller.hearEnd(), /^HTTP\/1\.1 408 /);
    assert.deepEqual(proxy.log, ['408 DPE request_header_timeout{slow_head}']);
  });
});

describe('forms of a request target', LIMIT, () => {
  test('absolute-form names the host, whatever Host is, and reaches it in origin-form', async (context) => {
    const host = await playHost(context, echo);
    const caller = (await playProxy(context, toHost(host.port))).call();
    caller.send('GET http://b.example:81/x?y HTTP/1.1\r\nhost: a\r\n\r\n');
    await caller.hear(/\[\/x\?y of b\.example:81\]/);
    caller.send('GET HTTPS://c.example HTTP/1.1\r\nhost: a\r\n\r\n');
    await caller.hear(/\[\/ of c\.example\]/);
  });

  test('the asterisk is for OPTIONS', async (context) => {
    const host = await playHost(context, echo);
    const caller = (await playProxy(context, toHost(host.port))).call();
    caller.send('OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n');
    await caller.hear(/\[\* of a\]/);
    caller.send('GET * HTTP/1.1\r\nhost: a\r\n\r\n');
    assert.match(await caller.hearEnd(), /^HTTP\/1\.1 400 /);
  });

  test('authority-form is that of CONNECT, for which Istio has no route, and the connection serves on', async (context) => {
    const host = await playHost(context, echo);
    const proxy = await playProxy(context, toHost(host.port));
    const caller = proxy.call();
    caller.send('CONNECT b.example:443 HTTP/1.1\r\nhost: b.example:443\r\n\r\n');
    await caller.hear(/^HTTP\/1\.1 404 Not Found\r\n.*?\r\n\r\n/s);
    assert.deepEqual(proxy.log, ['404 NR route_not_found']);
    caller.send(GOOD);
    await caller.hear(/\[\/good of a\]/);
  });
});

describe('peers that are half open', LIMIT, () => {
  test('a host that is gone without a word is found out by the first request, which fails over to a new connection', async (context) => {
    const host = await playHost(context, echo);
    const proxy = await playProxy(context, toHost(host.port));
    const caller = proxy.call();
    caller.send(GOOD);
    await caller.hear(/\[\/good of a\]/);
    (await host.connection(0)).socket.resetAndDestroy();
    caller.send(GOOD);
    await caller.hear(/^HTTP\/1\.1 200 .*\[\/good of a\]/s);
    assert.equal(host.connections.length, 2);
  });

  test('a caller that is reset within its body ends its request at the host, with the flag DC', async (context) => {
    const host = await playHost(context);
    const proxy = await playProxy(context, toHost(host.port));
    const caller = proxy.call();
    caller.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf');
    const upstream = await host.connection(0);
    await upstream.hear(/half/);
    caller.socket.resetAndDestroy();
    await upstream.hearEnd();
    assert.deepEqual(proxy.log, ['0 DC downstream_remote_disconnect']);
  });
});
