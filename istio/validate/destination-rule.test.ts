import { describe } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';

const policy = (trafficPolicy: object) => ({ host: 'a', trafficPolicy });
const balancer = (loadBalancer: object) => policy({ loadBalancer });
const pool = (connectionPool: object) => policy({ connectionPool });
const outlier = (outlierDetection: object) => policy({ outlierDetection });
const tls = (fields: object) => policy({ tls: fields });

const valid: FaultCase[] = [
  ['takes the least', { host: 'a' }],
  ['takes wildcards', { host: '*.example.com', exportTo: ['.'] }],
  [
    'takes subsets without labels',
    { host: 'a', subsets: [{ name: 'v1' }, { name: 'v2', labels: { version: 'v2' } }] },
  ],
  [
    'takes settings of a port alone',
    policy({ portLevelSettings: [{ port: { number: 80 }, loadBalancer: { simple: 'RANDOM' } }] }),
  ],
  ['takes outlier detection with its defaults', outlier({})],
  ['takes idle timeouts of 0s for TCP', pool({ tcp: { idleTimeout: '0s' } })],
  [
    'takes failover with outlier detection',
    policy({
      outlierDetection: {},
      loadBalancer: { localityLbSetting: { failover: [{ from: 'eu', to: 'us' }] } },
    }),
  ],
  [
    'takes shares of localities',
    balancer({ localityLbSetting: { distribute: [{ from: 'eu/*', to: { 'eu/a/*': 80, 'eu/b/*': 20 } }] } }),
  ],
  [
    'takes MUTUAL by files and by credential',
    tls({ mode: 'MUTUAL', clientCertificate: '/a', privateKey: '/b', caCertificates: '/c' }),
  ],
  ['takes ISTIO_MUTUAL with fields that it ignores', tls({ mode: 'ISTIO_MUTUAL', clientCertificate: '/a' })],
];

const faults: FaultCase[] = [
  ['refuses a rule without host', {}, /spec\.host: host must not be empty/],
  ['refuses hosts that are none', { host: 'a..b' }, /spec\.host: invalid host "a\.\.b"/],
  [
    'refuses subsets without name, or with the same',
    { host: 'a', subsets: [{}, { name: 'v1' }, { name: 'v1' }, { name: 'V_1' }] },
    /subsets\[0\]\.name: subset name must not be empty/,
    /subsets\[2\]\.name: duplicate subset name "v1"/,
    /subsets\[3\]\.name: invalid subset name/,
  ],
  [
    'refuses labels',
    { host: 'a', subsets: [{ name: 'v1', labels: { 'a b': '', v: 'x y' } }] },
    /invalid label name "a b"/,
    /invalid label value "x y"/,
  ],
  [
    'refuses empty policies',
    { host: 'a', trafficPolicy: {}, subsets: [{ name: 'v1', trafficPolicy: {} }] },
    /spec\.trafficPolicy: trafficPolicy must have/,
    /subsets\[0\]\.trafficPolicy: trafficPolicy must have/,
  ],
  [
    'refuses settings of no port, and of a port alone',
    policy({ portLevelSettings: [{}, { port: { number: 80 } }] }),
    /\[0\]\.port: port\.number is required/,
    /\[0\]: settings of a port must have/,
    /\[1\]: settings of a port must have/,
  ],
  [
    'refuses a public rule with selector',
    { host: 'a', workloadSelector: { matchLabels: { app: 'x' } }, exportTo: ['*'] },
    /exportTo: a rule with workloadSelector is private/,
  ],
  [
    'refuses wildcards in a selector',
    { host: 'a', workloadSelector: { matchLabels: { app: '*' } } },
    /wildcards are not supported/,
  ],
  [
    'refuses tunnel beside proxyProtocol',
    policy({ tunnel: { targetHost: 'a.example', targetPort: 1 }, proxyProtocol: { version: 'V2' } }),
    /tunnel and proxyProtocol exclude/,
  ],
  [
    'refuses tunnels',
    policy({ tunnel: { protocol: 'PUT', targetHost: '*', targetPort: 0 } }),
    /unknown protocol "PUT"/,
    /invalid target host "\*"/,
    /port number 0/,
  ],
];

const balancers: FaultCase[] = [
  ['warns of LEAST_CONN', balancer({ simple: 'LEAST_CONN' }), /^Warning .*LEAST_CONN is deprecated/],
  [
    'refuses simple beside consistentHash',
    balancer({ simple: 'RANDOM', consistentHash: { useSourceIp: true } }),
    /simple and consistentHash exclude/,
  ],
  [
    'refuses two keys of a hash',
    balancer({ consistentHash: { useSourceIp: true, httpHeaderName: 'x' } }),
    /httpHeaderName and useSourceIp exclude/,
  ],
  [
    'refuses cookies without name',
    balancer({ consistentHash: { httpCookie: { attributes: [{ name: 'a' }, { name: 'a' }, {}] } } }),
    /httpCookie needs a name/,
    /duplicate cookie attribute "a"/,
    /attributes\[2\]\.name: the name of a cookie attribute/,
  ],
  [
    'refuses tables that are no prime',
    balancer({ consistentHash: { useSourceIp: true, maglev: { tableSize: 65536 } } }),
    /tableSize 65536 must be a prime/,
  ],
  [
    'refuses tables of no or too great a size',
    balancer({ consistentHash: { useSourceIp: true, maglev: {} } }),
    /tableSize 0 must be a prime/,
  ],
  [
    'warns of minimumRingSize, and refuses it beside ringHash',
    balancer({ consistentHash: { useSourceIp: true, minimumRingSize: 1, ringHash: {} } }),
    /^Warning .*minimumRingSize is deprecated/,
    /minimumRingSize, ringHash and maglev exclude/,
  ],
  [
    'refuses distribute beside failover',
    policy({
      outlierDetection: {},
      loadBalancer: {
        localityLbSetting: {
          distribute: [{ from: '*', to: { eu: 100 } }],
          failover: [{ from: 'eu', to: 'us' }],
        },
      },
    }),
    /distribute and failover exclude/,
  ],
  [
    'refuses shares that are not 100',
    balancer({ localityLbSetting: { distribute: [{ from: 'eu', to: { eu: 50, us: 0 } }] } }),
    /weight 0 is not in range/,
    /the weights are 50 together/,
  ],
  [
    'refuses localities that overlap',
    balancer({
      localityLbSetting: {
        distribute: [
          { from: 'eu/a', to: { eu: 100 } },
          { from: 'eu/*', to: { us: 100 } },
        ],
      },
    }),
    /the localities eu\/a and eu\/\* overlap/,
  ],
  [
    'refuses localities that are none',
    balancer({ localityLbSetting: { distribute: [{ from: 'eu//x', to: { 'e*/a': 100 } }] } }),
    /invalid locality "eu\/\/x"/,
    /invalid locality "e\*\/a"/,
  ],
  [
    'refuses failover to the same or to a zone',
    policy({
      outlierDetection: {},
      loadBalancer: {
        localityLbSetting: {
          failover: [
            { from: 'eu', to: 'eu' },
            { from: 'eu/a', to: 'us' },
          ],
        },
      },
    }),
    /from and to must be different/,
    /failover names regions only/,
  ],
  [
    'warns of failover without outlier detection',
    balancer({ localityLbSetting: { failoverPriority: ['zone'] } }),
    /^Warning .*nothing fails over/,
  ],
  [
    'refuses warmup',
    balancer({ warmup: { minimumPercent: 101, aggression: 0 } }),
    /warmup needs a duration/,
    /percentage 101/,
    /aggression must be greater than 0/,
  ],
];

const pools: FaultCase[] = [
  ['refuses an empty pool', pool({}), /connectionPool must have tcp or http/],
  [
    'refuses negative limits',
    pool({ tcp: { maxConnections: -1 }, http: { maxRetries: -2 } }),
    /maxConnections must not be negative/,
    /maxRetries must not be negative/,
  ],
  [
    'refuses durations',
    pool({ tcp: { connectTimeout: '0s', tcpKeepalive: { time: '1us' } }, http: { idleTimeout: '0s' } }),
    /connectTimeout: the duration 0s/,
    /tcpKeepalive\.time: the duration 1us/,
    /http\.idleTimeout: the duration 0s/,
  ],
  [
    'refuses upgrades beside useClientProtocol',
    pool({ http: { h2UpgradePolicy: 'UPGRADE', useClientProtocol: true } }),
    /useClientProtocol and h2UpgradePolicy/,
  ],
  [
    'refuses half a keep-alive',
    pool({ http: { http2KeepAlive: { interval: '30s' } } }),
    /timeout is required/,
  ],
  [
    'refuses percentages of outlier detection',
    outlier({ maxEjectionPercent: 101, minHealthPercent: -1 }),
    /percentage 101/,
    /percentage -1/,
  ],
  [
    'refuses local failures that are not split',
    outlier({ consecutiveLocalOriginFailures: 3 }),
    /needs splitExternalLocalOriginErrors/,
  ],
  [
    'refuses intervals below a millisecond',
    outlier({ interval: '1us', baseEjectionTime: '0s' }),
    /interval: the duration 1us/,
    /baseEjectionTime: the duration 0s/,
  ],
  [
    'warns of consecutiveErrors',
    outlier({ consecutiveErrors: 5 }),
    /^Warning .*consecutiveErrors is deprecated/,
  ],
];

const origination: FaultCase[] = [
  [
    'refuses MUTUAL without files',
    tls({ mode: 'MUTUAL' }),
    /mode MUTUAL needs clientCertificate/,
    /mode MUTUAL needs privateKey/,
  ],
  [
    'refuses files beside a credential',
    tls({ mode: 'SIMPLE', credentialName: 'c', caCertificates: '/a' }),
    /caCertificates and credentialName exclude/,
  ],
  [
    'refuses certificates that are not verified',
    tls({ mode: 'SIMPLE', insecureSkipVerify: true, caCertificates: '/a' }),
    /caCertificates and insecureSkipVerify exclude/,
  ],
  ['refuses unknown modes, with what was meant', tls({ mode: 'simple' }), /unknown value "simple"/],
];

describe('a valid DestinationRule', () => testFaults('DestinationRule', valid));
describe('a DestinationRule', () => testFaults('DestinationRule', faults));
describe('load balancers', () => testFaults('DestinationRule', balancers));
describe('pools and outlier detection', () => testFaults('DestinationRule', pools));
describe('TLS of a caller', () => testFaults('DestinationRule', origination));
