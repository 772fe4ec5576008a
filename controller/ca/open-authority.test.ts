import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StateFile } from '../last-good/state-file.ts';
import { type AuthorityFiles, CERTIFICATE_LIFE_MS, createRoot } from './authority.ts';
import { readRequest } from './certificate-request.ts';
import { type AuthorityState, openAuthority } from './open-authority.ts';
import { createRequest } from './request.fixture.ts';

const IDENTITY = 'spiffe://cluster.local/ns/default/sa/reviews';

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lateen-ca-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

function open(folder: string, wall = Date.now) {
  const state = new StateFile<AuthorityState>(join(folder, 'ca.json'));
  return openAuthority({ state, directory: folder, trustDomain: 'cluster.local', wall });
}

async function bring(folder: string, files: AuthorityFiles): Promise<void> {
  await writeFile(join(folder, 'ca-cert.pem'), files.caCert);
  await writeFile(join(folder, 'ca-key.pem'), files.caKey);
  await writeFile(join(folder, 'root-cert.pem'), files.rootCert);
}

const count = (pem: string) => pem.split('BEGIN CERTIFICATE').length - 1;

test('the root is made once, and a controller that starts again has the same', async (t) => {
  const folder = await folderOf(t);
  const first = await open(folder);
  const second = await open(folder);
  assert.equal(second.roots, first.roots);
  assert.equal(count(first.roots), 1);
});

test('a certificate names the identity alone, for both sides of a connection, and for 24 hours', async (t) => {
  const authority = await open(await folderOf(t));
  const key = await readRequest(await createRequest(), IDENTITY);
  assert.ok(key !== null);
  const leaf = new X509Certificate(await authority.issue(key, IDENTITY));
  assert.equal(leaf.subjectAltName, `URI:${IDENTITY}`);
  assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  assert.equal(leaf.ca, false);
  const hours = (leaf.validToDate.getTime() - Date.now()) / 3_600_000;
  assert.ok(hours > 23.9 && hours <= 24, `${hours}`);
  assert.ok(leaf.checkIssued(new X509Certificate(authority.roots)));
});

test('an authority that the user brings replaces our own, whose root stays trusted for a day', async (t) => {
  const folder = await folderOf(t);
  const own = await open(folder);
  const brought = await createRoot('shop.example', Date.now());
  await bring(folder, brought);
  const both = await open(folder);
  assert.equal(both.roots, `${brought.rootCert.trim()}\n${own.roots}`);
  const later = await open(folder, () => Date.now() + CERTIFICATE_LIFE_MS + 1);
  assert.equal(later.roots, `${brought.rootCert.trim()}\n`);
});

test('an intermediate authority, with a key as Istio’s tools make it, signs what its root vouches for', async (t) => {
  const folder = await folderOf(t);
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }).toString();
  await writeFile(
    join(folder, 'v3'),
    'basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=keyCertSign,cRLSign\n',
  );
  for (const key of [
    ['-newkey', 'rsa:2048'],
    ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ]) {
    openssl(
      'req',
      '-x509',
      ...key,
      '-nodes',
      '-keyout',
      'root-key',
      '-out',
      'root-cert.pem',
      '-subj',
      '/O=Root',
    );
    openssl('req', ...key, '-nodes', '-keyout', 'ca-key.pem', '-out', 'csr', '-subj', '/O=Intermediate');
    openssl(
      ...['x509', '-req', '-in', 'csr', '-CA', 'root-cert.pem', '-CAkey', 'root-key', '-CAcreateserial'],
      ...['-extfile', 'v3', '-days', '2', '-out', 'ca-cert.pem'],
    );
    await writeFile(join(folder, 'cert-chain.pem'), await readFile(join(folder, 'ca-cert.pem')));
    const authority = await open(folder);
    const publicKey = await readRequest(await createRequest(), IDENTITY);
    assert.ok(publicKey !== null);
    await writeFile(join(folder, 'chain'), await authority.issue(publicKey, IDENTITY));
    assert.equal(count(await readFile(join(folder, 'chain'), 'utf8')), 2);
    const said = openssl(
      'verify',
      '-purpose',
      'sslserver',
      '-CAfile',
      'root-cert.pem',
      '-untrusted',
      'chain',
      'chain',
    );
    assert.equal(said, 'chain: OK\n');
  }
});

test('a key of another kind is told, with the remedy', async (t) => {
  const folder = await folderOf(t);
  const files = await createRoot('a', Date.now());
  const { privateKey } = generateKeyPairSync('ed25519');
  await bring(folder, { ...files, caKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string });
  await assert.rejects(open(folder), /neither RSA nor P-256 or P-384/);
});

test('files that do not fit together are told, with the remedy', async (t) => {
  const folder = await folderOf(t);
  const [one, other] = [await createRoot('a', Date.now()), await createRoot('b', Date.now())];
  await bring(folder, { ...one, caKey: other.caKey });
  await assert.rejects(open(folder), /ca-key\.pem is not the key of ca-cert\.pem/);
});

test('a request with a name that is not its sender’s is refused, in the subject too', async () => {
  assert.ok((await readRequest(await createRequest(IDENTITY), IDENTITY)) !== null);
  const other = 'spiffe://cluster.local/ns/default/sa/other';
  assert.equal(await readRequest(await createRequest(other), IDENTITY), null);
  assert.equal(await readRequest(await createRequest('', 'CN=payments'), IDENTITY), null);
});
