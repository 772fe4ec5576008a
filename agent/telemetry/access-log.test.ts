import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExchangeRecord } from '../exchange/record.ts';
import { createAccessLogFormat } from './access-log.ts';

const record: ExchangeRecord = {
  ...{
    startedAtMs: 0,
    durationMs: 3.4,
    method: 'GET',
    path: '/a?b',
    authority: 'reviews:9080',
    protocol: 'HTTP/1.1',
  },
  ...{
    status: 503,
    flags: 'URX,UF',
    details: 'why',
    routeName: 'default',
    cluster: 'outbound|9080||reviews',
  },
  ...{ upstream: '10.0.0.2:9080', upstreamServiceMs: null, attempts: 3, bytesReceived: 0, bytesSent: 91 },
  ...{ remoteAddress: '10.0.0.1:5', localAddress: '10.0.0.2:9080', peerIdentity: '', requestId: 'id' },
  ...{ forwardedFor: '', userAgent: 'curl' },
};

test("Istio's default line", () => {
  assert.equal(
    createAccessLogFormat({ format: null, json: false })(record),
    '[1970-01-01T00:00:00.000Z] "GET /a?b HTTP/1.1" 503 URX,UF why - "-" 0 91 3 - "-" "curl" "id" "reviews:9080" ' +
      '"10.0.0.2:9080" outbound|9080||reviews - 10.0.0.2:9080 10.0.0.1:5 - default\n',
  );
});

test('JSON keeps numbers as numbers and what is absent as null', () => {
  const line: unknown = JSON.parse(createAccessLogFormat({ format: null, json: true })(record));
  assert.partialDeepStrictEqual(line, {
    response_code: 503,
    bytes_sent: 91,
    x_forwarded_for: null,
    path: '/a?b',
  });
});

test('a format of its own, with or without a newline', () => {
  assert.equal(
    createAccessLogFormat({ format: '%RESPONSE_CODE% 100%%\n', json: false })(record),
    '503 100%\n',
  );
  const json = createAccessLogFormat({
    format: '{"code":"%RESPONSE_CODE%","tried":"%UPSTREAM_REQUEST_ATTEMPT_COUNT%"}',
    json: true,
  })(record);
  assert.equal(json, '{"code":503,"tried":3}\n');
});
