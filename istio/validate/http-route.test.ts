import { describe } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';

const to = (host: string) => ({ destination: { host } });
const route = [to('a')];
const rules = (...http: object[]) => ({ hosts: ['a'], http });
const rule = (fields: object) => rules({ route, ...fields });

const actions: FaultCase[] = [
  [
    'refuses a rule without action',
    rules({ match: [{ uri: { exact: '/' } }] }),
    /http\[0\]: HTTP route, redirect, directResponse or delegate is required/,
  ],
  [
    'refuses two actions',
    rules({ route, redirect: { uri: '/x' } }),
    /http\[0\]\.redirect: route and redirect exclude each other/,
  ],
  [
    'refuses a delegate that delegates',
    { http: [{ delegate: { name: 'x' } }] },
    /a delegate must not delegate again/,
  ],
  [
    'refuses a delegation to nobody',
    rules({ delegate: {} }),
    /delegate\.name: the name of a delegate must not be empty/,
  ],
  [
    'refuses empty destinations',
    rules({ route: [{}] }),
    /route\[0\]\.destination: destination host must not be empty/,
  ],
  [
    'refuses destinations that are none',
    rules({ route: [{ destination: { host: '*', subset: 'V_1', port: {} } }] }),
    /invalid destination host "\*"/,
    /subset: invalid subset name "V_1"/,
    /port\.number is required/,
  ],
  [
    'refuses ports out of range',
    rules({ route: [{ destination: { host: 'a', port: { number: 65536 } } }] }),
    /number: port number 65536 must be in the range/,
  ],
  [
    'refuses negative weights',
    rule({
      route: [
        { ...to('a'), weight: -1 },
        { ...to('b'), weight: 2 },
      ],
    }),
    /route\[0\]\.weight: weight -1/,
  ],
  [
    'refuses weights that are all 0',
    rule({ route: [to('a'), to('b')] }),
    /http\[0\]\.route: total destination weight = 0/,
  ],
  ['refuses an empty redirect', rules({ redirect: {} }), /redirect must specify/],
  [
    'refuses codes that redirect nowhere',
    rules({ redirect: { uri: '/', redirectCode: 304 } }),
    /304 is not a valid redirect code/,
  ],
  [
    'refuses redirect with fault and rewrite',
    rules({
      redirect: { uri: '/' },
      rewrite: { uri: '/' },
      fault: { abort: { httpStatus: 500, percentage: { value: 1 } } },
    }),
    /fault and redirect/,
    /rewrite and redirect/,
  ],
  [
    'refuses schemes and double uris of a redirect',
    rules({ redirect: { uri: '/', prefixRewrite: '/', scheme: 'ftp' } }),
    /invalid redirect scheme "ftp"/,
    /uri and prefixRewrite/,
  ],
  [
    'refuses prefixRewrite without prefix',
    rules({ match: [{ uri: { exact: '/a' } }], redirect: { prefixRewrite: '/b' } }),
    /prefixRewrite needs every uri/,
  ],
  [
    'refuses port beside derivePort',
    rules({ redirect: { port: 80, derivePort: 'FROM_REQUEST_PORT' } }),
    /derivePort: port and derivePort exclude each other/,
  ],
  [
    'refuses statuses of a direct response',
    rules({ directResponse: { status: 199 } }),
    /status 199 must be in the range 200\.\.599/,
  ],
  [
    'refuses a huge body of a direct response',
    rules({ directResponse: { status: 200, body: { string: 'x'.repeat(1_100_000) } } }),
    /must be less than 1 MB/,
  ],
  [
    'warns of a large body',
    rules({ directResponse: { status: 200, body: { string: 'x'.repeat(200_000) } } }),
    /^Warning .*slow to distribute/,
  ],
  [
    'refuses an empty rewrite',
    rule({ rewrite: {} }),
    /rewrite must specify uri, uriRegexRewrite or authority/,
  ],
  [
    'refuses a rewrite whose texts are empty, as if they were not there',
    rule({ rewrite: { uri: '', authority: '' } }),
    /rewrite must specify uri, uriRegexRewrite or authority/,
  ],
  [
    'refuses a redirect whose texts are empty',
    rules({ redirect: { uri: '', authority: '', scheme: '' } }),
    /redirect must specify/,
  ],
  [
    'refuses two rewrites of the uri',
    rule({ rewrite: { uri: '/', uriRegexRewrite: { match: 'a', rewrite: 'b' } } }),
    /uri and uriRegexRewrite/,
  ],
  [
    'refuses half a rewrite by pattern',
    rule({ rewrite: { uriRegexRewrite: { match: '(', rewrite: '' } } }),
    /not RE2/,
    /rewrite must not be empty/,
  ],
  [
    'refuses two rewrites of the host',
    rule({ rewrite: { authority: 'x' }, headers: { request: { set: { host: 'y' } } } }),
    /rewritten more than once: by rewrite\.authority and host/,
  ],
];

const matches: FaultCase[] = [
  [
    'refuses patterns that are not RE2',
    rule({ match: [{ uri: { regex: '/(?!a)' } }] }),
    /uri\.regex: the pattern is not RE2/,
  ],
  [
    'refuses patterns over 1024 characters',
    rule({ match: [{ uri: { regex: 'a'.repeat(1025) } }] }),
    /longer than 1024/,
  ],
  [
    'refuses empty patterns and prefixes',
    rule({ match: [{ uri: { regex: '' }, headers: { 'x-a': { prefix: '' } } }] }),
    /uri\.regex: the pattern must not be empty/,
    /headers\.x-a\.prefix: prefix must not be empty/,
  ],
  [
    'refuses two members of a match',
    rule({ match: [{ uri: { exact: '/', prefix: '/' } }] }),
    /uri\.prefix: exact and prefix exclude each other/,
  ],
  [
    'refuses the star as a pattern of a header',
    rule({ match: [{ headers: { 'x-a': { regex: '*' } } }] }),
    /not RE2/,
  ],
  ['refuses names of headers', rule({ match: [{ headers: { 'a b': {} } }] }), /"a b" is no header name/],
  [
    'refuses claims in the mesh',
    rule({ match: [{ withoutHeaders: { '@request.auth.claims.x': { exact: 'y' } } }] }),
    /JWT claims can be matched at gateways only/,
  ],
  [
    'refuses namespaces, gateways, labels and ports',
    rule({
      match: [{ sourceNamespace: 'A', gateways: ['a/b/c'], sourceLabels: { 'a b': 'c' }, port: 70000 }],
    }),
    /sourceNamespace: invalid namespace/,
    /gateways\[0\]: invalid gateway name/,
    /invalid label name "a b"/,
    /port number 70000/,
  ],
];

const policies: FaultCase[] = [
  [
    'refuses timeouts of 0 and below a millisecond',
    rules({ route, timeout: '0s', match: [{ port: 1 }] }, { route, timeout: '10us' }),
    /http\[0\]\.timeout: the duration 0s must be at least 1ms/,
    /http\[1\]\.timeout: the duration 10us/,
  ],
  ['refuses fractions of milliseconds', rule({ timeout: '1.5005s' }), /whole milliseconds/],
  ['refuses durations without a unit', rule({ timeout: '5 seconds' }), /invalid duration "5 seconds"/],
  [
    'refuses retries',
    rule({ retries: { attempts: -1, retryOn: '5xx, reset,never' } }),
    /attempts -1/,
    /unknown retryOn " reset"/,
    /unknown retryOn "never"/,
  ],
  [
    'refuses conditions of no retries',
    rule({ retries: { attempts: 0, retryOn: '5xx' } }),
    /retryOn has no effect with attempts 0/,
  ],
  ['refuses empty faults', rule({ fault: {} }), /fault must have an abort or a delay/],
  [
    'refuses faults out of range',
    rule({
      fault: {
        abort: { httpStatus: 99, percentage: { value: 101 } },
        delay: { fixedDelay: '1s', percentage: { value: 0.00001 } },
      },
    }),
    /httpStatus 99/,
    /percentage 101/,
    /percentage 0\.00001 is less than/,
  ],
  [
    'refuses what is not supported in faults',
    rule({
      fault: {
        delay: { exponentialDelay: '1s', percentage: { value: 1 } },
        abort: { http2Error: 'X', percentage: { value: 1 } },
      },
    }),
    /exponentialDelay is not supported/,
    /http2Error is not supported/,
  ],
  [
    'refuses unknown gRPC codes',
    rule({ fault: { abort: { grpcStatus: 'GONE', percentage: { value: 1 } } } }),
    /unknown gRPC status "GONE"/,
  ],
  [
    'warns of faults for 0 % of the requests',
    rule({ fault: { abort: { httpStatus: 500 }, delay: { fixedDelay: '1s' } } }),
    /^Warning .*abort: without percentage/,
    /^Warning .*delay: without percentage/,
  ],
  [
    'warns of the integer percent',
    rule({ fault: { delay: { fixedDelay: '1s', percent: 10 } } }),
    /^Warning .*percent is deprecated/,
  ],
  [
    'refuses mirror beside mirrors',
    rule({ mirror: { host: 'b' }, mirrors: [{ destination: { host: 'c' } }] }),
    /mirror and mirrors exclude each other/,
  ],
  [
    'refuses mirrors to nobody and shares out of range',
    rule({ mirrors: [{ percentage: { value: 101 } }], mirrorPercentage: { value: -1 } }),
    /mirrors\[0\]\.destination: destination host/,
    /percentage 101/,
    /percentage -1/,
  ],
  [
    'warns of mirrorPercent',
    rule({ mirror: { host: 'b' }, mirrorPercent: 5 }),
    /^Warning .*mirrorPercent is deprecated/,
  ],
  [
    'refuses CORS',
    rule({
      corsPolicy: {
        allowOrigins: [{ exact: '' }, {}],
        allowMethods: ['FETCH'],
        allowHeaders: ['a b'],
        maxAge: '1.5s',
      },
    }),
    /allowOrigins\[0\]: an entry/,
    /allowOrigins\[1\]: an entry/,
    /unsupported HTTP method "FETCH"/,
    /invalid header name "a b"/,
    /maxAge must be in whole seconds/,
  ],
  [
    'takes stars in CORS',
    rule({
      corsPolicy: {
        allowOrigins: [{ regex: '.*' }],
        allowMethods: ['*'],
        allowHeaders: ['*'],
        exposeHeaders: ['*'],
        maxAge: '24h',
      },
    }),
  ],
  [
    'refuses edits of what cannot be edited',
    rule({
      headers: {
        request: { remove: ['host'], set: { ':path': '/x' } },
        response: { set: { host: 'x' }, remove: [':status'] },
      },
    }),
    /remove\[0\]: the header "host" cannot be removed/,
    /":path" cannot be set/,
    /response\.set\.host: .*cannot be set/,
    /":status" cannot be removed/,
  ],
  [
    'refuses values of headers',
    rule({ headers: { request: { set: { a: '50%', b: 'x\ny' } } } }),
    /invalid operator in "50%"/,
    /control character/,
  ],
];

describe('actions of an HTTP rule', () => testFaults('VirtualService', actions));
describe('matches of an HTTP rule', () => testFaults('VirtualService', matches));
describe('policies of an HTTP rule', () => testFaults('VirtualService', policies));
