import assert from 'node:assert/strict';
import { it } from 'node:test';
import { selectProtocol } from './port-protocol.ts';

it('tells the protocol of a port by name and appProtocol', () => {
  const cases: readonly [string, string, number, string][] = [
    ['http', '', 80, 'http'],
    ['http-web', '', 80, 'http'],
    ['HTTP-web', '', 80, 'http'],
    ['httpfoo', '', 80, 'auto'],
    ['http2', '', 80, 'http2'],
    ['grpc-api', '', 80, 'grpc'],
    ['grpc-web-x', '', 80, 'grpc-web'],
    ['https', '', 443, 'https'],
    ['tls-x', '', 443, 'tls'],
    ['mysql', '', 3306, 'tcp'],
    ['redis', '', 6379, 'tcp'],
    ['mongo-db', '', 27017, 'tcp'],
    ['udp-x', '', 53, 'udp'],
    ['web', '', 80, 'auto'],
    ['', '', 80, 'auto'],
    ['', '', 3306, 'tcp'],
    ['tcp', 'http', 80, 'http'],
    ['', 'kubernetes.io/h2c', 80, 'http2'],
    ['', 'ws', 80, 'http'],
    ['http', 'something', 80, 'auto'],
  ];
  for (const [name, appProtocol, port, expected] of cases)
    assert.equal(selectProtocol(name, appProtocol, port), expected, `${name} ${appProtocol}`);
});
