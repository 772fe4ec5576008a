import { createServer as createHttpServer } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { createTestAuthority, type TestCertificate } from '../../base/certificate.fixture.ts';
import { createSystemClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { DownstreamTlsSpec, ListenerSpec, TcpRouteSpec, TlsServerSpec } from '../../model/listener.ts';
import { PrivateKey, type SecretSpec } from '../../model/secret.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { createDataplane } from '../create-dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
  textLog,
} from '../snapshot.fixture.ts';

/** A gateway that ends TLS on real sockets, and an application behind it that tells what it was asked. */

export const endings: (() => unknown)[] = [];
export const endAll = () => Promise.all(endings.splice(0).map((end) => end()));

export function listen(server: Server): Promise<number> {
  endings.push(() => server.close());
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const authority = await createTestAuthority();
export const shop = await authority.issue('shop.example');
export const caller = await authority.issue('caller.example', 'spiffe://somewhere/caller');
export const stranger = await (await createTestAuthority('somebody else')).issue('caller.example');
export const wild = await authority.issue('*.wild.example');

const echo = await listen(
  createHttpServer((incoming, response) => {
    const { headers, httpVersion } = incoming;
    const certificate = headers['x-forwarded-client-cert'];
    const body = { host: headers.host, proto: headers['x-forwarded-proto'], httpVersion, certificate };
    response.end(JSON.stringify(body));
  }) as unknown as Server,
);

const SIMPLE: DownstreamTlsSpec = {
  ...{ mode: 'simple', certificates: ['kubernetes://shop'], trust: '', alpn: ['h2', 'http/1.1'] },
  ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', cipherSuites: [], curves: [], subjectAltNames: [] },
  ...{ certificateSpki: [], certificateHashes: [], skipVerify: false },
};

export const server = (sniHosts: string[], tls: Partial<DownstreamTlsSpec> = {}): TlsServerSpec => ({
  ...{ sniHosts, tls: { ...SIMPLE, ...tls }, route: '9080', tcp: null },
});

export const secret = (name: string, pair: TestCertificate | null, trust = ''): SecretSpec => ({
  ...{ name: `kubernetes://${name}`, trust, revoked: '', files: null },
  certificate: pair?.certificate ?? '',
  privateKey: pair === null ? null : new PrivateKey(pair.privateKey),
});

const LOG_FORMAT =
  '%RESPONSE_CODE% %RESPONSE_FLAGS% %CONNECTION_TERMINATION_DETAILS% %REQUESTED_SERVER_NAME%';

export const SECRETS = [
  secret('shop', shop),
  secret('wild', wild),
  secret('shop-cacert', null, authority.certificate),
];

export function snapshot(
  port: number,
  change: Partial<ListenerSpec>,
  secrets = SECRETS,
  log = LOG_FORMAT,
): Snapshot {
  const made = snapshotOf({
    node: nodeSpec({ accessLogs: textLog(log) }),
    listeners: [
      listenerSpec({ direction: 'gateway', port, protocol: 'tls', route: null, tcp: [], ...change }),
    ],
    routes: [routeSpec(['echo'])],
    clusters: [[clusterSpec('echo'), [endpointSpec(echo)]]],
  });
  return { resources: { ...made.resources, secret: new Map(secrets.map((each) => [each.name, each])) } };
}

/**
 * A gateway whose one port has these servers. `lines` are those of its access log: status, flags, why it was closed, and
 * the SNI; `words` are those of its own log.
 */
export async function start(
  servers: TlsServerSpec[],
  tcp: TcpRouteSpec[] = [],
  secrets = SECRETS,
  log = LOG_FORMAT,
) {
  const port = await freePort();
  const lines: string[] = [];
  const words: string[] = [];
  const clock = createSystemClock();
  const dataplane = createDataplane({
    ...{ clock, random: createSeededRandom(1) },
    log: createLineLogger((line) => words.push(line), clock.wall),
    writeAccessLog: (line) => lines.push(line.trim()),
  });
  endings.push(() => dataplane.drain(0));
  await dataplane.apply(snapshot(port, { tlsServers: servers, tcp }, secrets, log));
  return { port, dataplane, lines, words };
}

type Outcome = {
  status: number;
  body: { host: string; proto: string; httpVersion: string; certificate?: string };
};

export const TRUST = { ca: authority.certificate, host: '127.0.0.1', agent: false as const };

export function call(
  port: number,
  servername: string,
  more: ConnectionOptions & { headers?: Record<string, string> } = {},
) {
  return new Promise<Outcome>((resolve, reject) => {
    const options = { ...TRUST, port, servername, headers: { host: servername }, ...more };
    const sent = request(options, async (response) => {
      const body = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode ?? 0, body: body === '' ? null : JSON.parse(body) });
    });
    sent.on('error', reject).end();
  });
}

/** The certificate that is shown for a name. */
export function namesShown(port: number, servername: string, more: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connectTls(
      { ...TRUST, port, servername, rejectUnauthorized: false, ...more },
      () => {
        resolve(String(socket.getPeerX509Certificate()?.subjectAltName));
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}
