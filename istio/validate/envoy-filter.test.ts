import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRateLimitPatches } from '../envoy/rate-limit-patches.ts';
import type { EnvoyFilterSpec } from '../schema/envoy-filter.ts';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';
import { documentOf, read } from '../testing/read-text.ts';

const LOCAL_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
const GLOBAL_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit';
const ALL = { default_value: { numerator: 100, denominator: 'HUNDRED' } };
const BUCKET = { max_tokens: 4, tokens_per_fill: 4, fill_interval: '60s' };

const patched = (applyTo: string, operation: string, value: object, match: object = {}) => ({
  configPatches: [{ applyTo, match, patch: { operation, value } }],
});
const local = (config: object) =>
  patched('HTTP_FILTER', 'INSERT_BEFORE', {
    name: 'envoy.filters.http.local_ratelimit',
    typed_config: {
      '@type': LOCAL_TYPE,
      stat_prefix: 'a',
      filter_enabled: ALL,
      filter_enforced: ALL,
      ...config,
    },
  });
const global = (config: object, grpc: object = { cluster_name: 'outbound|8081||ratelimit.a' }) =>
  patched('HTTP_FILTER', 'INSERT_BEFORE', {
    name: 'envoy.filters.http.ratelimit',
    typed_config: {
      '@type': GLOBAL_TYPE,
      domain: 'a',
      rate_limit_service: { grpc_service: { envoy_grpc: grpc }, transport_api_version: 'V3' },
      ...config,
    },
  });
const rates = (...actions: object[]) => patched('VIRTUAL_HOST', 'MERGE', { rate_limits: [{ actions }] });

const valid: FaultCase[] = [
  ['takes a bucket', local({ token_bucket: BUCKET })],
  ['takes a service', global({})],
  ['takes the built-in service', global({}, { cluster_name: 'lateen_ratelimit' })],
  [
    'takes rates of a virtual host',
    rates({ remote_address: {} }, { generic_key: { descriptor_value: 'a' } }),
  ],
  [
    'takes a filter in a TypedStruct',
    patched('HTTP_FILTER', 'INSERT_BEFORE', {
      name: 'envoy.filters.http.local_ratelimit',
      typed_config: {
        '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
        type_url: LOCAL_TYPE,
        value: { stat_prefix: 'a' },
      },
    }),
  ],
];

const wrong: FaultCase[] = [
  [
    'misses applyTo and operation',
    { configPatches: [{ patch: { value: {} } }] },
    /applyTo is missing/,
    /operation is missing/,
    /ignored here/,
  ],
  ['misses the prefix of metrics', local({ stat_prefix: '' }), /stat_prefix is missing/],
  [
    'misses parts of a bucket',
    local({ token_bucket: {} }),
    /token_bucket\.max_tokens: max_tokens is missing/,
    /fill_interval is missing/,
  ],
  [
    'refuses a bucket that is filled too often',
    local({ token_bucket: { ...BUCKET, fill_interval: '0.01s' } }),
    /at least 50 ms/,
  ],
  [
    "refuses durations that are not Envoy's",
    local({ token_bucket: { ...BUCKET, fill_interval: '1m' } }),
    /Envoy's are in seconds/,
  ],
  [
    'refuses a bucket for nobody',
    local({ token_bucket: { ...BUCKET, max_tokens: 0 } }),
    /number 0 is out of range/,
  ],
  [
    'misses parts of a descriptor',
    local({ descriptors: [{ entries: [{ value: 'a' }] }, {}] }),
    /entries\[0\]\.key: key is missing/,
    /descriptors\[0\]\.token_bucket\.max_tokens/,
    /descriptors\[0\]\.token_bucket\.fill_interval/,
    /descriptors\[1\]\.entries: a descriptor needs an entry/,
    /descriptors\[1\]\.token_bucket\.max_tokens/,
    /descriptors\[1\]\.token_bucket\.fill_interval/,
  ],
  [
    'tells a limit that looks at no request',
    local({ token_bucket: BUCKET, filter_enabled: undefined, filter_enforced: undefined }),
    /Warning .*filter_enabled is missing, which means 0 %/,
    /Warning .*filter_enforced is missing/,
  ],
  ['misses a domain', global({ domain: '' }), /domain is missing/],
  ['misses a service', global({}, {}), /cluster_name is missing/],
  [
    'refuses a cluster that nobody makes',
    global({}, { cluster_name: 'rate_limit_cluster' }),
    /no cluster of a service/,
  ],
  [
    'refuses the protocol of old',
    global({
      rate_limit_service: {
        grpc_service: { envoy_grpc: { cluster_name: 'lateen_ratelimit' } },
        transport_api_version: 'V2',
      },
    }),
    /version V2 is gone/,
  ],
  ['refuses a rate without action', rates(), /needs an action/],
  ['refuses two actions in one', rates({ remote_address: {}, source_cluster: {} }), /exclude each other/],
  [
    'misses parts of actions',
    rates(
      {},
      { request_headers: {} },
      { query_parameters: {} },
      { generic_key: {} },
      { header_value_match: {} },
      { header_value_match: { descriptor_value: 'a', headers: [{ exact_match: 'a' }] } },
      {
        header_value_match: {
          descriptor_value: 'a',
          headers: [
            { name: 'a', safe_regex_match: { regex: '(' } },
            { name: 'b', string_match: { safe_regex: { regex: '(?=a)' } } },
          ],
        },
      },
      {
        metadata: {
          metadata_key: { key: 'envoy.filters.http.jwt_authn', path: [{ key: 'payload' }, { key: 'sub' }] },
        },
      },
    ),
    /actions\[0\]: the action is empty/,
    /request_headers\.header_name/,
    /request_headers\.descriptor_key/,
    /query_parameters\.query_parameter_name/,
    /query_parameters\.descriptor_key/,
    /generic_key\.descriptor_value/,
    /actions\[4\]\.header_value_match\.descriptor_value/,
    /headers are missing/,
    /headers\[0\]\.name/,
    /headers\[0\]\.safe_regex_match\.regex: the pattern is not RE2/,
    /headers\[1\]\.string_match\.safe_regex\.regex: the pattern is not RE2/,
    /metadata\.descriptor_key/,
  ],
];

describe('EnvoyFilter that limits rates', () => testFaults('EnvoyFilter', valid));
describe('EnvoyFilter with a fault', () => testFaults('EnvoyFilter', wrong));

describe('a cluster that an EnvoyFilter adds', () => {
  const added = (name: string) => ({
    applyTo: 'CLUSTER',
    patch: {
      operation: 'ADD',
      value: {
        ...{
          name,
          type: 'STRICT_DNS',
          connect_timeout: '10s',
          lb_policy: 'ROUND_ROBIN',
          http2_protocol_options: {},
        },
        load_assignment: {
          cluster_name: name,
          endpoints: [
            {
              lb_endpoints: [
                { endpoint: { address: { socket_address: { address: 'ratelimit.a', port_value: 8081 } } } },
              ],
            },
          ],
        },
      },
    },
  });
  const asking = (name: string, ...clusters: object[]) => {
    const { configPatches } = global({}, { cluster_name: name });
    return { configPatches: [...configPatches, ...clusters] };
  };

  it('for the service that counts is the one that the mesh has of it', () => {
    const spec = asking('rate_limit_cluster', added('rate_limit_cluster'));
    assert.deepEqual(read(documentOf('EnvoyFilter', spec)).violations, []);
    const [patch] = readRateLimitPatches(spec as EnvoyFilterSpec).patches;
    assert.ok(patch?.kind === 'global-filter');
    const { cluster_name: name } = patch.config.rate_limit_service?.grpc_service?.envoy_grpc ?? {};
    assert.equal(name, 'outbound|8081||ratelimit.a');
  });

  it('for anything else is ignored', () => {
    const spec = asking('lateen_ratelimit', added('other'));
    const [violation] = read(documentOf('EnvoyFilter', spec)).violations;
    assert.match(violation?.message ?? '', /^ADD CLUSTER other is Envoy's own/);
  });
});

describe('what an EnvoyFilter has beside rate limits', () => {
  const told = (spec: object) =>
    read(documentOf('EnvoyFilter', spec)).violations.map(
      ({ code, severity, path, message }) => `${code} ${severity} ${path}: ${message}`,
    );

  it('is named, patch by patch', () => {
    const lua = { name: 'envoy.filters.http.lua', typed_config: { inline_code: 'x' } };
    const found = [
      ...told(patched('HTTP_FILTER', 'INSERT_BEFORE', lua)),
      ...told(patched('CLUSTER', 'ADD', { name: 'c' })),
      ...told(
        patched('VIRTUAL_HOST', 'MERGE', {
          rate_limits: [{ actions: [{ remote_address: {} }] }],
          domains: ['a'],
        }),
      ),
      ...told(patched('HTTP_ROUTE', 'MERGE', { typed_per_filter_config: { 'envoy.filters.http.cors': {} } })),
      ...told(patched('HTTP_ROUTE', 'MERGE', { route: { timeout: '1s' } })),
    ];
    const ours = "Envoy's own configuration and is ignored here";
    assert.deepEqual(found, [
      `LAT0004 Warning spec.configPatches[0]: HTTP_FILTER envoy.filters.http.lua is ${ours}`,
      `LAT0004 Warning spec.configPatches[0]: ADD CLUSTER c is ${ours}`,
      `LAT0004 Warning spec.configPatches[0].patch.value.domains: domains is ${ours}`,
      `LAT0004 Warning spec.configPatches[0].patch.value.typed_per_filter_config["envoy.filters.http.cors"]: envoy.filters.http.cors is ${ours}`,
      `LAT0004 Warning spec.configPatches[0].patch.value.route.timeout: timeout is ${ours}`,
    ]);
  });

  it('is named where a field of a limit has no effect', () => {
    const found = [
      ...told(local({ token_bucket: BUCKET, local_cluster_rate_limit: {}, vh_rate_limits: 'INCLUDE' })),
      ...told(rates({ extension: {} })),
      ...told(rates({ metadata: { descriptor_key: 'a', metadata_key: { key: 'other' } } })),
      ...told(
        patched(
          'VIRTUAL_HOST',
          'MERGE',
          {},
          { proxy: { proxyVersion: '.*' }, routeConfiguration: { gateway: 'a/b' } },
        ),
      ),
    ];
    assert.deepEqual(
      found.map((text) => text.replace(/^(LAT\d+) Warning spec\.configPatches\[0\]\S*\.(\w+): .*/, '$1 $2')),
      [
        'LAT0005 local_cluster_rate_limit',
        'LAT0005 vh_rate_limits',
        'LAT0005 extension',
        'LAT0005 metadata_key',
        'LAT0005 proxy',
        'LAT0005 gateway',
      ],
    );
  });

  it('tells a misspelt field of a filter by its place, with what was meant', () => {
    const text = documentOf('EnvoyFilter', local({ token_bucket: { ...BUCKET, max_token: 1 } }));
    const [fault] = read(text).violations;
    assert.equal(fault?.path, 'spec.configPatches[0].patch.value.typed_config.token_bucket.max_token');
    assert.match(fault?.remedy ?? '', /Did you mean "max_tokens"\?/);
    assert.equal(text.split('\n')[(fault?.line ?? 0) - 1]?.trim(), 'max_token: 1');
  });
});
