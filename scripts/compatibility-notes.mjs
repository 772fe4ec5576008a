// What no schema says of fields, for docs/compatibility.md.

const port = { number: 80, name: 'http', protocol: 'HTTP' };
const route = [{ destination: { host: 'a' } }];

/** Fields of Istio's API that are refused on purpose, each with a document that shows it. */
export const REFUSED_FIELDS = [
  {
    kind: 'VirtualService',
    field: 'http.*.fault.delay.exponentialDelay',
    spec: { hosts: ['a'], http: [{ route, fault: { delay: { exponentialDelay: '1s' } } }] },
  },
  {
    kind: 'VirtualService',
    field: 'http.*.fault.abort.http2Error',
    spec: { hosts: ['a'], http: [{ route, fault: { abort: { http2Error: 'x' } } }] },
  },
  {
    kind: 'Gateway',
    field: 'servers.*.port.targetPort',
    spec: {
      selector: { a: 'b' },
      servers: [{ port: { number: 80, name: 'a', protocol: 'HTTP', targetPort: 81 }, hosts: ['*'] }],
    },
  },
  {
    kind: 'Sidecar',
    field: 'ingress.*.port.targetPort',
    spec: { workloadSelector: { labels: { a: 'b' } }, ingress: [{ port: { ...port, targetPort: 81 } }] },
  },
  {
    kind: 'Sidecar',
    field: 'egress.*.port.targetPort',
    spec: { egress: [{ port: { ...port, targetPort: 81 }, hosts: ['*/*'] }] },
  },
];

/** Fields that say something to Kubernetes, or to Istio, that has no meaning beside Docker: taken in silence. */
export const WITHOUT_EFFECT = {
  MeshConfig: ['defaultTrafficPolicy.outlierDetection.consecutiveErrors'],
  DestinationRule: ['trafficPolicy.outlierDetection.consecutiveErrors'],
  ConfigMap: ['binaryData', 'immutable'],
  Service: [
    'ports.*.nodePort',
    'clusterIPs',
    'type',
    'externalIPs',
    'loadBalancerIP',
    'ipFamilies',
    'ipFamilyPolicy',
    'internalTrafficPolicy',
    'externalTrafficPolicy',
    'publishNotReadyAddresses',
    'trafficDistribution',
    'sessionAffinityConfig',
    'healthCheckNodePort',
    'allocateLoadBalancerNodePorts',
    'loadBalancerClass',
    'loadBalancerSourceRanges',
  ],
};

/** Said above a kind's fields. */
export const NOTES = {
  EnvoyFilter:
    'Patches act where they limit rates ([rate-limits.md](rate-limits.md)); all others are ignored, each with a warning.',
  RateLimit:
    'Our own kind: [rate-limits.md](rate-limits.md). `from`, `to` and `when` are as in AuthorizationPolicy.',
  ConfigMap: 'One with limits in the format of envoyproxy/ratelimit; all others are ignored, with a warning.',
};
