import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentOf, resourcesOf } from '../../istio/testing/read-text.ts';
import { containerFacts } from '../testing/container-facts.ts';
import { gatewayPorts } from './gateway-ports.ts';

const gateway = (istio: string, number: number, protocol: string) =>
  documentOf(
    'Gateway',
    {
      selector: { istio },
      servers: [{ port: { number, name: 'p', protocol }, hosts: ['*'] }],
    },
    { name: `${istio}-${number}` },
  );
const RESOURCES = resourcesOf(
  [
    gateway('egressgateway', 3306, 'TCP'),
    gateway('egressgateway', 80, 'HTTP'),
    gateway('egressgateway', 8443, 'TCP'),
    gateway('ingressgateway', 9000, 'HTTP'),
  ].join('---\n'),
);
const facts = containerFacts('gate', 1, { istio: 'egressgateway' });

test('a gateway that is published nowhere has every port that a Gateway opens', () => {
  assert.deepEqual(
    gatewayPorts(facts, RESOURCES).map(({ number, targetPort, protocol }) => [number, targetPort, protocol]),
    [
      [80, 8080, 'http'],
      [443, 8443, 'https'],
      [3306, 3306, 'tcp'],
    ],
  );
});

test('a published one has those that its chart has, and what is published beside them', () => {
  const publish = (...ports: number[]) =>
    gatewayPorts(
      { ...facts, publishedPorts: ports.map((port) => ({ port, hostPort: port })) },
      RESOURCES,
    ).map(({ number }) => number);
  assert.deepEqual(publish(8080, 8443), [80, 443]);
  assert.deepEqual(publish(8080, 8443, 3306), [80, 443, 3306]);
});
