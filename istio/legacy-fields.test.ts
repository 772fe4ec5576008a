import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertFinds, beyondVersion, head } from './testing/assert-finds.ts';
import { read } from './testing/read-text.ts';

describe('legacy of 2018', () => {
  it('tells today’s name of v1alpha3, and takes it', () => {
    const { resources, violations } = read(`${head('DestinationRule')}spec: { host: a }\n`);
    assert.equal(resources.length, 1);
    assert.deepEqual(
      violations.map(({ severity, path, remedy }) => `${severity} ${path} ${remedy}`),
      ['Warning apiVersion Write apiVersion: networking.istio.io/v1.'],
    );
  });

  it('takes websocketUpgrade, percent and ports in quotes, and tells what to write', () => {
    const text = `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - websocketUpgrade: true
    match: [{ port: "80" }]
    fault: { delay: { percent: 10, fixedDelay: 5s } }
    route: [{ destination: { host: myapp, port: { number: "8080" } } }]
`;
    assert.deepEqual(
      beyondVersion(text).map(({ severity, path, remedy }) => `${severity} ${path} ${remedy}`),
      [
        'Warning spec.http[0].websocketUpgrade Remove it.',
        'Warning spec.http[0].match[0].port Write port: 80.',
        'Warning spec.http[0].route[0].destination.port.number Write number: 8080.',
        'Warning spec.http[0].fault.delay.percent Write `percentage: { value: 10 }`.',
      ],
    );
    const [resource] = read(text).resources;
    assert.deepEqual(JSON.parse(JSON.stringify(resource?.spec)).http[0].match, [{ port: 80 }]);
    const gateway = `${head('Gateway')}spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: "80", name: http, protocol: HTTP }, hosts: ["*"] }]
`;
    assert.match(beyondVersion(gateway)[0]?.message ?? '', /number is a number in quotes/);
    assert.equal(read(gateway).resources.length, 1);
  });

  it('tells the successors of fields that are gone', () => {
    assertFinds(
      `${head('VirtualService')}spec:
  hosts: [myapp]
  http:
  - appendHeaders: { x-a: "1" }
    removeResponseHeaders: { x-b: "" }
    fault: { abort: { percent: 10, httpStatus: 400 } }
    route: [{ destination: { host: myapp } }]
`,
      /http\[0\]\.appendHeaders: unknown field .*\| Write it as `headers: { request: { add/,
      /removeResponseHeaders: .*headers: { response: { remove/,
      /fault\.abort\.percent: .*percentage: { value/,
    );
  });
});
