import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerFacts } from './container-facts.ts';
import { gatewayStartFault } from './gateway-start-fault.ts';

const fault = (startError: string) =>
  gatewayStartFault({
    name: 'shop-istio-ingressgateway-1',
    startError,
    publishedPorts: [
      { port: 8080, hostPort: 18080 },
      { port: 8443, hostPort: 18443 },
    ],
  } as unknown as ContainerFacts);

test('a taken port of the host is told with the variable that chooses another', () => {
  const taken = 'driver failed programming external connectivity on endpoint shop: Bind for 127.0.0.1:18080';
  const { message, remedy } = fault(`${taken} failed: port is already allocated`) ?? {};
  assert.match(message ?? '', /shop-istio-ingressgateway-1 could not be started: driver failed/);
  assert.match(remedy ?? '', /set LATEEN_HTTP_PORT to another port than 18080;/);
  const other = 'listen tcp4 127.0.0.1:18443: bind: address already in use';
  assert.match(fault(other)?.remedy ?? '', /LATEEN_HTTPS_PORT/);
  assert.doesNotMatch(fault(other)?.remedy ?? '', /LATEEN_HTTP_PORT/);
});

test('another fault is told as Docker says it, and none is none', () => {
  assert.match(fault('no such device')?.message ?? '', /no such device/);
  assert.equal(fault(''), null);
});
