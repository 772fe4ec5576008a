import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestAuthority } from '../../base/certificate.fixture.ts';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { DownstreamTlsSpec } from '../../model/listener.ts';
import { PrivateKey } from '../../model/secret.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { createDataplane } from '../create-dataplane.ts';
import type { Dataplane } from '../dataplane.ts';
import { clusterSpec, endpointSpec, listenerSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';

/** h2spec, the conformance tests of HTTP/2 in Go, against a listener of ours with a route to an application. */

const exec = promisify(execFile);
const SOURCE = 'github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible';
const CACHE = fileURLToPath(new URL('../../.cache/h2spec/', import.meta.url));
const NO_GO =
  'h2spec was NOT run: no Go on this machine to build it with. Install Go, or set H2SPEC to an h2spec program';

/** From the environment, the cache, or built into the cache; null = there is no Go. */
async function findH2spec(): Promise<string | null> {
  const given = process.env['H2SPEC'];
  if (given !== undefined) return given;
  const program = join(CACHE, 'h2spec');
  if (existsSync(program)) return program;
  const hasGo = await exec('go', ['version']).then(
    () => true,
    () => false,
  );
  if (!hasGo) return null;
  mkdirSync(CACHE, { recursive: true });
  await exec('go', ['install', SOURCE], { env: { ...process.env, GOBIN: CACHE } });
  return program;
}

const program = await findH2spec();
const opened: Server[] = [];

const listen = (server: Server): Promise<number> => {
  opened.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
};

/** An application, and the way to it. */
async function toApplication() {
  const application = createHttpServer((request, response) => {
    request.resume().on('end', () => response.end('hello'));
  });
  const port = await listen(application as unknown as Server);
  return {
    routes: [routeSpec(['reviews'])],
    clusters: [[clusterSpec('reviews'), [endpointSpec(port)]] as const],
  };
}

async function startDataplane(snapshot: Snapshot): Promise<Dataplane> {
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
  });
  after(() => dataplane.drain(0));
  await dataplane.apply(snapshot);
  return dataplane;
}

/** In plain text, where a connection may speak HTTP/1.1 as well. */
async function startListener(): Promise<number> {
  const dataplane = await startDataplane(snapshotOf(await toApplication()));
  const originalDestination = { address: '240.240.0.5', port: 9080 };
  return listen(
    createServer({ pauseOnConnect: true }, (socket) =>
      dataplane.accept(socket, { direction: 'outbound', originalDestination }),
    ),
  );
}

/** A gateway with TLS, where HTTP/2 is agreed on before the first byte. */
async function startTlsListener(): Promise<number> {
  const { certificate, privateKey } = await (await createTestAuthority()).issue('spec.example');
  const name = 'kubernetes://spec';
  const tls: DownstreamTlsSpec = {
    ...{ mode: 'simple', certificates: [name], trust: '', alpn: ['h2', 'http/1.1'] },
    ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', cipherSuites: [], curves: [], subjectAltNames: [] },
    ...{ certificateSpki: [], certificateHashes: [], skipVerify: false },
  };
  const secret = {
    name,
    trust: '',
    revoked: '',
    files: null,
    certificate,
    privateKey: new PrivateKey(privateKey),
  };
  const free = createServer();
  const port = await listen(free);
  await new Promise((resolve) => free.close(resolve));
  const tlsServers = [{ sniHosts: ['*'], tls, route: '9080', tcp: null }];
  const shape = { direction: 'gateway', port, protocol: 'tls', route: null, tcp: [], tlsServers } as const;
  const made = snapshotOf({ ...(await toApplication()), listeners: [listenerSpec(shape)] });
  await startDataplane({ resources: { ...made.resources, secret: new Map([[name, secret]]) } });
  return port;
}

interface Result {
  readonly tests: number;
  readonly failed: readonly string[];
}

/** Runs all cases, the strict ones too. */
async function runH2spec(path: string, port: number, ...more: string[]): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'h2spec-'));
  const report = join(folder, 'report.xml');
  try {
    // It fails if a case does; the report says which.
    await exec(path, ['--strict', '--port', String(port), '--junit-report', report, ...more]).catch(() => {});
    const xml = readFileSync(report, 'utf8');
    const cases = [...xml.matchAll(/<testcase [^>]*classname="([^"]*)"[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g)];
    const failed = cases.filter(([, , body]) => /<(failure|error)/.test(body ?? ''));
    return { tests: cases.length, failed: failed.map(([text]) => text) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

after(() => {
  for (const server of opened) server.close();
});

if (program === null) {
  console.error(`\n${NO_GO}\n`);
  test(NO_GO, () => {});
} else {
  test('every case of h2spec, but that bytes which are no HTTP/2 are answered as HTTP/1.1', async () => {
    const { tests, failed } = await runH2spec(program, await startListener());
    assert.ok(tests >= 146, `${tests} cases`);
    // A listener tells both protocols apart: what has no preface gets 400 in HTTP/1.1 and the end of the connection;
    // h2spec wants the end alone. Envoy 1.40, whose listeners in Istio do the same, fails the case likewise.
    assert.equal(failed.length, 1, failed.join('\n'));
    assert.match(failed[0] ?? '', /Sends invalid connection preface/);
  });

  test('every case of h2spec over TLS, where HTTP/2 was agreed on', async () => {
    const { tests, failed } = await runH2spec(program, await startTlsListener(), '--tls', '--insecure');
    assert.ok(tests >= 146, `${tests} cases`);
    assert.deepEqual(failed, []);
  });
}
