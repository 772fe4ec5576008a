import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { FORMAT_OPERATORS } from '../../model/format-operators.ts';
import type { JsonTemplate } from '../../model/telemetry.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import { createAccessLogFormat } from './access-log.ts';
import { exchangeRecord } from './record.fixture.ts';

const text = (format: string | null, record: ExchangeRecord, omitsEmpty = false) =>
  createAccessLogFormat({ format: { kind: 'text', text: format }, omitsEmpty })(record);
const json = (fields: JsonTemplate | null, record: ExchangeRecord, omitsEmpty = false): unknown =>
  JSON.parse(createAccessLogFormat({ format: { kind: 'json', fields }, omitsEmpty })(record));

test("Istio's default line", () => {
  assert.equal(
    text(null, exchangeRecord()),
    '[1970-01-01T00:00:00.000Z] "GET /a?b=c HTTP/1.1" 503 URX,UF why - "-" 0 91 3 - "-" "curl" "id" "reviews:9080" ' +
      '"10.0.0.2:9080" outbound|9080||reviews 10.0.0.1:7 10.0.0.2:9080 10.0.0.1:5 - default\n',
  );
});

test('JSON keeps numbers as numbers and what is absent as null', () => {
  assert.partialDeepStrictEqual(json(null, exchangeRecord()), {
    response_code: 503,
    bytes_sent: 91,
    x_forwarded_for: null,
    path: '/a?b=c',
  });
});

test('a format of its own, with or without a newline', () => {
  assert.equal(text('%RESPONSE_CODE% 100%%\n', exchangeRecord()), '503 100%\n');
  assert.equal(text('%RESPONSE_CODE%', exchangeRecord()), '503\n');
});

test('JSON of its own: texts, numbers, and objects within', () => {
  const fields = {
    code: '%RESPONSE_CODE%',
    line: '%REQ(:METHOD)% %PATH%',
    peer: { san: '%DOWNSTREAM_PEER_URI_SAN%' },
  };
  assert.deepEqual(json(fields, exchangeRecord()), { code: 503, line: 'GET /a?b=c', peer: { san: null } });
});

test('what is absent can be left out', () => {
  assert.equal(text('%REQ(X-NONE)%|%TRAILER(x)%', exchangeRecord(), true), '|\n');
  assert.deepEqual(json({ a: '%REQ(X-NONE)%', b: '%PROTOCOL%' }, exchangeRecord(), true), { b: 'HTTP/1.1' });
});

describe('an operator', () => {
  const grpc = exchangeRecord({ grpcStatus: '14', responseTrailers: ['grpc-status', '14'] });
  const mutual = exchangeRecord({
    peerIdentity: 'spiffe://a',
    ownIdentity: 'spiffe://b',
    serverName: 'outer',
  });
  const vouched = exchangeRecord({ clientAddress: '203.0.113.7:0' });
  const timed = exchangeRecord({ requestMs: 1.2, responseMs: 2, traceId: 'abc' });
  const secured = exchangeRecord({ tls: { version: 'TLSv1.3', cipher: 'X', subject: 'CN=a' } });
  const rewritten = exchangeRecord({ sentPath: '/new' });
  const cases: readonly [format: string, expected: string, record?: ExchangeRecord][] = [
    ['%REQ(X-TEAM)%', 'blue'],
    ['%REQ(X-NONE?X-TEAM)%', 'blue'],
    ['%REQ(X-TEAM):2%', 'bl'],
    ['%REQ(:SCHEME)% %REQ(:AUTHORITY)%', 'http reviews:9080'],
    ['%RESP(x-color)%', 'red'],
    ['%TRAILER(GRPC-STATUS)%', '14', grpc],
    ['%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS_NUMBER%', 'Unavailable UNAVAILABLE 14', grpc],
    ['%RESPONSE_FLAGS_LONG%', 'UpstreamRetryLimitExceeded,UpstreamConnectionFailure'],
    ['%RESPONSE_FLAGS_LONG%', 'DnsResolutionFailed', exchangeRecord({ flags: 'DF' })],
    ['%REQUEST_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%', '1 2 1', timed],
    ['%RESPONSE_DURATION% %TRACE_ID%', '- -'],
    ['%TRACE_ID% %EMIT_TIME(%S.%3f)%', 'abc 00.003', timed],
    ['%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %DOWNSTREAM_PEER_SUBJECT%', 'TLSv1.3 X CN=a', secured],
    ['%DOWNSTREAM_TLS_VERSION%', '-'],
    ['%START_TIME(%Y/%m/%d %H:%M:%S.%3f)%', '1970/01/01 00:00:00.000'],
    ['%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%', '10.0.0.1 5'],
    ['%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS%', '203.0.113.7:0 10.0.0.1:5', vouched],
    ['%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_LOCAL_PORT%', '10.0.0.2 7'],
    ['%DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_LOCAL_URI_SAN%', 'spiffe://a spiffe://b', mutual],
    ['%REQUESTED_SERVER_NAME%', 'outer', mutual],
    ['%REQ(:PATH)% %PATH(NQ)% %PATH(WQ:PATH)%', '/new /a /new', rewritten],
    ['%QUERY_PARAM(b)%', 'c'],
    ['%HOSTNAME% %UPSTREAM_REQUEST_ATTEMPT_COUNT%', 'productpage 3'],
    ['%DYNAMIC_METADATA(a:b)%', '-'],
  ];
  for (const [format, expected, record = exchangeRecord()] of cases)
    it(`${format} is ${expected}`, () => assert.equal(text(format, record), `${expected}\n`));

  it('never fails, whatever the record lacks', () => {
    const empty = exchangeRecord({
      method: '',
      path: '',
      sentPath: '',
      upstream: '',
      upstreamLocalAddress: '',
    });
    for (const name of FORMAT_OPERATORS) assert.equal(typeof text(`%${name}(x)%`, empty), 'string', name);
  });
});
