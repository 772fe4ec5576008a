import { describe } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';

const entry = (fields: object) => ({
  hosts: ['a.example'],
  ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
  ...fields,
});

const serviceEntries: FaultCase[] = [
  ['takes the least', entry({})],
  [
    'takes endpoints',
    entry({ resolution: 'STATIC', endpoints: [{ address: '10.0.0.1', ports: { http: 8080 } }] }),
  ],
  ['takes wildcards without DNS', entry({ hosts: ['*.a.example'] })],
  ['takes exportTo nobody', entry({ exportTo: ['~'] })],
  [
    'refuses an entry without hosts',
    { ports: [] },
    /spec\.hosts: a ServiceEntry must have at least one host/,
  ],
  ['refuses the star', entry({ hosts: ['*'] }), /invalid host "\*"/],
  ['warns of partial wildcards', entry({ hosts: ['*a.example'] }), /^Warning .*partial wildcard/],
  [
    'refuses addresses',
    entry({ addresses: ['a', '10.0.0.0/8'], resolution: 'DNS' }),
    /addresses\[0\]: "a" is no IP/,
    /addresses\[1\]: ranges are allowed/,
  ],
  [
    'refuses ports that are there twice',
    entry({
      ports: [
        { number: 80, name: 'a' },
        { number: 80, name: 'a' },
      ],
    }),
    /ports\[1\]\.name: port name a/,
    /ports\[1\]\.number: port number 80/,
  ],
  [
    'refuses ports',
    entry({ ports: [{ name: 'A_B', protocol: 'X', targetPort: 70000 }] }),
    /invalid port name/,
    /number is required/,
    /unsupported protocol "X"/,
    /port number 70000/,
  ],
  [
    'refuses endpoints of NONE',
    entry({ endpoints: [{ address: '1.2.3.4' }] }),
    /resolution NONE, the default, has no endpoints/,
  ],
  [
    'refuses names as endpoints of STATIC',
    entry({ resolution: 'STATIC', endpoints: [{ address: 'b.example' }, {}] }),
    /endpoints\[0\]\.address: "b\.example" is no IP address/,
    /endpoints\[1\]\.address: address is required/,
  ],
  [
    'refuses ports of endpoints that the entry lacks',
    entry({ resolution: 'STATIC', endpoints: [{ address: '1.2.3.4', ports: { web: 1 } }] }),
    /has no port "web"/,
  ],
  [
    'refuses sockets with ports',
    entry({ resolution: 'STATIC', endpoints: [{ address: 'unix:///a', ports: { http: 1 } }] }),
    /a Unix socket has no ports/,
  ],
  ['refuses wildcards of DNS', entry({ hosts: ['*.a.example'], resolution: 'DNS' }), /needs full names/],
  [
    'refuses two endpoints of DNS_ROUND_ROBIN',
    entry({ resolution: 'DNS_ROUND_ROBIN', endpoints: [{ address: 'a.b' }, { address: 'c.d' }] }),
    /one endpoint at most/,
  ],
  [
    'refuses DYNAMIC_DNS of what it cannot do',
    entry({
      resolution: 'DYNAMIC_DNS',
      addresses: ['1.2.3.4'],
      endpoints: [{ address: 'a.b' }],
      ports: [{ number: 1, name: 'tcp', protocol: 'TCP' }],
    }),
    /must be a wildcard/,
    /has no addresses/,
    /has no endpoints/,
    /knows HTTP, HTTP2, GRPC and TLS only/,
  ],
  [
    'refuses several hosts on a TCP port',
    entry({ hosts: ['a.b', 'c.d'], resolution: 'DNS', ports: [{ number: 1, name: 'tcp', protocol: 'TCP' }] }),
    /several hosts cannot be told apart/,
  ],
  [
    'refuses endpoints beside a selector',
    entry({
      resolution: 'STATIC',
      endpoints: [{ address: '1.2.3.4' }],
      workloadSelector: { labels: { a: 'b' } },
    }),
    /endpoints and workloadSelector exclude/,
  ],
];

const workloads: FaultCase[] = [
  ['takes a template', { template: { serviceAccount: 'a' }, probe: { httpGet: { port: 80 } } }],
  [
    'refuses a group without template, and probes',
    { probe: { httpGet: { scheme: 'ftp', httpHeaders: [{ name: 'a b' }] }, exec: {} } },
    /template is required/,
    /a probe needs one of/,
    /port number 0/,
    /the scheme must be/,
    /invalid header/,
    /exec needs a command/,
  ],
];

const sidecars: FaultCase[] = [
  [
    'takes hosts of namespaces',
    { egress: [{ hosts: ['./*', 'istio-system/*', '*/a.example', '~other/b.example'] }] },
  ],
  [
    'takes ingress',
    {
      ingress: [{ port: { number: 80, protocol: 'HTTP', name: 'http' }, defaultEndpoint: '127.0.0.1:8080' }],
    },
  ],
  [
    'refuses a Unix socket as endpoint',
    { ingress: [{ port: { number: 80, protocol: 'HTTP' }, defaultEndpoint: 'unix:///run/app.sock' }] },
    /ingress\[0\]\.defaultEndpoint: a Unix socket cannot be reached/,
  ],
  ['refuses nothing at all', {}, /^Error spec: an empty Sidecar says nothing/],
  [
    'refuses hosts without namespace, and short ones',
    { egress: [{ hosts: ['a.example', './reviews', '/b.example', 'A/c.example'] }] },
    /hosts\[0\]: host must be of form namespace\/dnsName/,
    /hosts\[1\]: short names/,
    /hosts\[2\]: the namespace must not be empty/,
    /hosts\[3\]: invalid namespace/,
  ],
  [
    'warns of hosts that are covered',
    { egress: [{ hosts: ['./*', 'default/a.example'] }] },
    /^Warning .*covered by another entry/,
  ],
  [
    'refuses listeners behind one for all',
    { egress: [{ hosts: ['./*'] }, { port: { number: 1 }, hosts: ['./*'] }] },
    /egress\[0\]: a listener without port must be the last one/,
  ],
  [
    'refuses the same port twice',
    { ingress: [{ port: { number: 1 } }, { port: { number: 1 } }] },
    /port 1 is there twice/,
  ],
  [
    'refuses endpoints elsewhere',
    { ingress: [{ port: { number: 1 }, defaultEndpoint: '10.0.0.1:80' }] },
    /invalid defaultEndpoint/,
  ],
  ['warns of a policy without mode', { outboundTrafficPolicy: {} }, /^Warning .*means REGISTRY_ONLY/],
  [
    'refuses a proxy for a closed mesh',
    { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY', egressProxy: { host: 'a' } } },
    /egressProxy needs mode ALLOW_ANY/,
    /egressProxy needs a port/,
  ],
];

const telemetries: FaultCase[] = [
  [
    'takes providers',
    { accessLogging: [{ providers: [{ name: 'envoy' }] }], tracing: [{ randomSamplingPercentage: 50 }] },
  ],
  [
    'refuses',
    {
      tracing: [
        {
          providers: [{}],
          randomSamplingPercentage: 101,
          customTags: { a: { literal: {} }, b: { header: {} } },
        },
      ],
      metrics: [{ overrides: [{ tagOverrides: { x: {}, z: { operation: 'REMOVE', value: '1' } } }] }],
    },
    /the name of a provider/,
    /percentage 101/,
    /literal\.value/,
    /the name of a header/,
    /UPSERT needs a value/,
    /REMOVE takes no value/,
  ],
  [
    'refuses what is no CEL',
    {
      accessLogging: [{ providers: [{ name: 'envoy' }], filter: { expression: 'response.code >=' } }],
      metrics: [{ overrides: [{ tagOverrides: { host: { value: 'request.host)' } } }] }],
    },
    /accessLogging\[0\]\.filter\.expression: "response\.code >=" is no CEL expression/,
    /tagOverrides\.host\.value: "request\.host\)" is no CEL expression/,
  ],
  [
    'warns of several',
    { tracing: [{ providers: [{ name: 'a' }, { name: 'b' }] }, {}] },
    /only the first entry of tracing/,
    /only the first provider/,
  ],
];

const services: FaultCase[] = [
  [
    'takes ports',
    {
      selector: { app: 'a' },
      ports: [
        { port: 80, name: 'http', targetPort: 8080 },
        { port: 81, name: 'tcp', targetPort: '81' },
      ],
    },
  ],
  ['refuses a Service without ports', {}, /a Service must have ports/],
  [
    'refuses ports without names among several, and names of targets',
    { ports: [{ port: 80 }, { name: 'a', targetPort: 'web' }] },
    /ports\[0\]\.name: with several ports/,
    /ports\[1\]\.port: port is required/,
    /a named targetPort/,
  ],
];

const meshConfigs: FaultCase[] = [
  [
    'takes what is in force',
    { accessLogFile: '/dev/stdout', defaultConfig: { gatewayTopology: { numTrustedProxies: 1 } } },
  ],
  [
    'takes a whole MeshConfig of Istio, and says what has no effect',
    {
      enableTracing: true,
      extensionProviders: [{ name: 'z', zipkin: { service: 's', port: 1 } }],
      defaultConfig: { concurrency: 2 },
    },
  ],
  [
    'warns of a closed mesh',
    { outboundTrafficPolicy: {} },
    /^Warning outboundTrafficPolicy: a policy without mode/,
  ],
  [
    'takes ALLOW_ANY_DYNAMIC_DNS',
    { outboundTrafficPolicy: { mode: 'ALLOW_ANY_DYNAMIC_DNS', tls: { mode: 'SIMPLE' } } },
  ],
  [
    'warns of TLS to unknown hosts that are not looked up',
    { outboundTrafficPolicy: { mode: 'ALLOW_ANY', tls: { mode: 'SIMPLE' } } },
    /^Warning outboundTrafficPolicy.tls: tls has no effect with mode ALLOW_ANY/,
  ],
  [
    'refuses two providers in one',
    { extensionProviders: [{ name: 'z', zipkin: {}, datadog: {} }] },
    /zipkin and datadog exclude/,
  ],
  [
    'refuses an external authorizer that cannot be asked',
    {
      extensionProviders: [
        {
          name: 'a',
          envoyExtAuthzHttp: {
            ...{ port: 70_000, pathPrefix: 'check', statusOnError: '99' },
            includeRequestBodyInCheck: { allowPartialMessage: true },
          },
        },
        { name: 'b', envoyExtAuthzGrpc: { service: 'b', timeout: '0s' } },
      ],
    },
    /envoyExtAuthzHttp\.service: service must not be empty/,
    /envoyExtAuthzHttp\.port: 70000 is no port/,
    /envoyExtAuthzHttp\.pathPrefix: "check" does not begin/,
    /envoyExtAuthzHttp\.statusOnError: "99" is no status/,
    /maxRequestBytes must be at least 1/,
    /envoyExtAuthzGrpc\.port: 0 is no port/,
    /envoyExtAuthzGrpc\.timeout: the duration 0s/,
  ],
  ['refuses a timeout of 0', { connectTimeout: '0s' }, /connectTimeout: the duration 0s/],
];

describe('ServiceEntry', () => testFaults('ServiceEntry', serviceEntries));
describe('WorkloadGroup', () => testFaults('WorkloadGroup', workloads));
describe('Sidecar', () => testFaults('Sidecar', sidecars));
describe('Telemetry', () => testFaults('Telemetry', telemetries));
describe('Service', () => testFaults('Service', services));
describe('MeshConfig', () => testFaults('MeshConfig', meshConfigs));
