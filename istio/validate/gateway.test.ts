import { describe } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';

const server = (fields: object) => ({
  selector: { istio: 'ingressgateway' },
  servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'], ...fields }],
});
const https = (tls: object) => server({ port: { number: 443, name: 'https', protocol: 'HTTPS' }, tls });
const credential = { mode: 'SIMPLE', credentialName: 'c' };

const valid: FaultCase[] = [
  ['takes HTTP', server({})],
  ['takes protocols in any case', server({ port: { number: 80, name: 'http', protocol: 'http2' } })],
  [
    'takes hosts of namespaces',
    server({ hosts: ['*.a.example', './b.example', 'ns/c.example', '*/*', '10.0.0.1'] }),
  ],
  ['takes a redirect to https', server({ tls: { httpsRedirect: true } })],
  ['takes a credential, and two of them', https({ mode: 'MUTUAL', credentialNames: ['a', 'b'] })],
  ['takes files', https({ mode: 'SIMPLE', serverCertificate: '/c', privateKey: '/k' })],
  [
    'takes passing through',
    server({ port: { number: 443, name: 'tls', protocol: 'TLS' }, tls: { mode: 'PASSTHROUGH' } }),
  ],
  [
    'takes a Unix socket',
    server({ port: { number: 0, name: 'http', protocol: 'HTTP' }, bind: 'unix:///run/a.sock' }),
  ],
];

const faults: FaultCase[] = [
  [
    'refuses a Gateway without servers',
    { selector: { a: 'b' } },
    /spec\.servers: a Gateway must have at least one server/,
  ],
  [
    'warns of a Gateway without selector',
    { servers: server({}).servers },
    /^Warning .*applies to every gateway/,
  ],
  [
    'refuses servers without port and hosts',
    { selector: { a: 'b' }, servers: [{}] },
    /\[0\]\.port: port is required/,
    /\[0\]\.hosts: a server must have at least one host/,
  ],
  [
    'refuses ports',
    server({ port: { number: 70000, protocol: 'HTTPX', targetPort: 1 } }),
    /port number 70000/,
    /port\.name is required/,
    /unsupported protocol "HTTPX"/,
    /targetPort has no effect/,
  ],
  [
    'refuses port names that are there twice',
    { selector: { a: 'b' }, servers: [server({}).servers[0], server({}).servers[0]] },
    /servers\[1\]\.port\.name: port names must be unique/,
  ],
  [
    'refuses short and half names',
    server({ hosts: ['reviews', '*a.example', 'A B/x.example', 'x y'] }),
    /hosts\[0\]: short names \(non FQDN\)/,
    /hosts\[1\]: invalid host/,
    /hosts\[2\]: invalid namespace/,
    /hosts\[3\]: invalid host/,
  ],
  ['refuses binds', server({ bind: 'localhost' }), /bind: "localhost" is no IP address/],
  ['refuses sockets with a port', server({ bind: 'unix:///a' }), /a Unix socket has no port number/],
];

const tls: FaultCase[] = [
  [
    'refuses HTTPS without tls',
    server({ port: { number: 443, name: 'https', protocol: 'HTTPS' } }),
    /protocol HTTPS must have tls settings/,
  ],
  ['refuses certificates for HTTP', server({ tls: credential }), /may have tls\.httpsRedirect only/],
  [
    'refuses tls for TCP',
    server({ port: { number: 1, name: 'tcp', protocol: 'TCP' }, tls: credential }),
    /tls settings are not allowed for TCP/,
  ],
  [
    'refuses SIMPLE without certificate',
    https({ mode: 'SIMPLE' }),
    /mode SIMPLE needs serverCertificate/,
    /mode SIMPLE needs privateKey/,
  ],
  [
    'refuses MUTUAL without CA',
    https({ mode: 'MUTUAL', serverCertificate: '/c', privateKey: '/k' }),
    /mode MUTUAL needs a client CA/,
  ],
  [
    'refuses two sources',
    https({ ...credential, serverCertificate: '/c', privateKey: '/k' }),
    /serverCertificate and credentialName exclude/,
  ],
  [
    'refuses files of ISTIO_MUTUAL',
    https({ mode: 'ISTIO_MUTUAL', privateKey: '/k' }),
    /mode ISTIO_MUTUAL cannot have privateKey/,
  ],
  [
    'warns of certificates that are not used',
    https({ mode: 'PASSTHROUGH', credentialName: 'c' }),
    /^Warning .*uses no certificates/,
  ],
  [
    'warns of redirects of what is no HTTP',
    https({ ...credential, httpsRedirect: true }),
    /^Warning .*httpsRedirect acts on/,
  ],
  [
    'warns of ciphers',
    https({
      ...credential,
      minProtocolVersion: 'TLSV1_1',
      cipherSuites: ['AES128-SHA', 'AES128-SHA', 'NULL'],
    }),
    /^Warning .*duplicate cipher suite/,
    /^Warning .*unknown cipher suite "NULL"/,
  ],
  [
    'warns of old versions without ciphers',
    https({ ...credential, minProtocolVersion: 'TLSV1_0' }),
    /^Warning .*no cipher by default/,
  ],
  [
    'refuses revocation lists where there is nothing to revoke',
    https({ ...credential, caCrl: '/r' }),
    /caCrl and credentialName exclude/,
    /mode SIMPLE asks for no client certificate/,
  ],
];

describe('a valid Gateway', () => testFaults('Gateway', valid));
describe('a Gateway', () => testFaults('Gateway', faults));
describe('TLS of a Gateway', () => testFaults('Gateway', tls));
describe('the name of a Gateway', () =>
  testFaults('Gateway', [['refuses dots', server({}), /invalid name of a Gateway/]], { name: 'a.b' }));
