import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createTestAuthority, type TestCertificate } from '../../../base/certificate.fixture.ts';
import { silentLogger } from '../../../base/log.ts';
import { parseDocuments } from '../../../istio/parse-documents.ts';
import { compileSnapshot } from '../../compile/compile-snapshot.ts';
import { indexWorld } from '../../compile/world-index.ts';
import { settle } from '../../last-good/last-good.ts';
import { indexOf } from '../../testing/container-facts.ts';
import { openSecretsDirectory } from './secrets-directory.ts';

const authority = await createTestAuthority();

/** The directory as a source, with one folder for each name. */
async function open(context: TestContext, names: readonly string[] = ['shop']) {
  const path = await mkdtemp(join(tmpdir(), 'lateen-secrets-'));
  for (const name of names) await mkdir(join(path, name));
  let wake = () => {};
  const directory = await openSecretsDirectory({ path, log: silentLogger, onChange: () => wake() });
  context.after(async () => {
    await directory.close();
    await rm(path, { recursive: true });
  });
  const change = async (act: () => Promise<void>, isDone: () => boolean) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = () => isDone() && resolve();
    await act();
    wake();
    await promise;
  };
  const write = async (name: string, { certificate, privateKey }: TestCertificate) => {
    await writeFile(join(path, name, 'tls.key'), privateKey);
    await writeFile(join(path, name, 'tls.crt'), certificate);
  };
  return { path, directory, change, write };
}

describe('certificates as files', () => {
  test('are Secrets of every namespace, as soon as both files are there', async (context) => {
    const { directory, change, write } = await open(context);
    assert.deepEqual([...directory.files], []);
    const pair = await authority.issue('shop.example');
    const state = () => directory.files.get('secrets/shop');
    await change(
      () => write('shop', pair),
      () => state()?.kind === 'parsed',
    );
    const gateway = parseDocuments(
      `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front }
spec:
  selector: { app: gate }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop.example]
      tls: { mode: SIMPLE, credentialName: shop }`,
      'gateway.yaml',
    );
    const { resources } = settle(
      {},
      new Map([
        ...directory.files,
        ['gateway.yaml', { kind: 'parsed', contentHash: '', text: '', parsed: gateway }],
      ]),
    );
    const index = indexOf({ gate: { 'lateen.role': 'gateway', app: 'gate' } }, resources);
    const [gate] = index.world.workloads;
    assert.ok(gate !== undefined);
    const secret = compileSnapshot(indexWorld(index.world), gate).resources.secret.get('kubernetes://shop');
    assert.equal(secret?.certificate, pair.certificate);
    assert.equal(secret?.privateKey?.reveal(), pair.privateKey);
  });

  test('that do not fit together leave the last good ones in force, and say so', async (context) => {
    const { path, directory, change, write } = await open(context);
    const state = () => directory.files.get('secrets/shop');
    await change(
      async () => write('shop', await authority.issue('shop.example')),
      () => state()?.kind === 'parsed',
    );
    const { inForce } = settle({}, directory.files);
    const other = await authority.issue('shop.example');
    await change(
      () => writeFile(join(path, 'shop', 'tls.key'), other.privateKey),
      () => state()?.kind === 'unknown',
    );
    const after = settle(inForce, directory.files);
    assert.deepEqual(after.inForce, inForce);
    assert.match(
      after.violations[0]?.message ?? '',
      /secrets\/shop cannot be used: the key belongs to another/,
    );
    assert.doesNotMatch(JSON.stringify(after.violations), /PRIVATE KEY/);
    await change(
      () => writeFile(join(path, 'shop', 'tls.crt'), other.certificate),
      () => state()?.kind === 'parsed',
    );
    assert.deepEqual(settle(inForce, directory.files).violations, []);
  });

  test('may be authorities alone', async (context) => {
    const { path, directory, change } = await open(context, ['shop-cacert']);
    await change(
      () => writeFile(join(path, 'shop-cacert', 'ca.crt'), authority.certificate),
      () => directory.files.get('secrets/shop-cacert')?.kind === 'parsed',
    );
    await change(
      () => rm(join(path, 'shop-cacert'), { recursive: true }),
      () => directory.files.size === 0,
    );
  });

  test('need no directory', async () => {
    const deps = { path: '/nonexistent/secrets', log: silentLogger, onChange: () => assert.fail('a change') };
    const directory = await openSecretsDirectory(deps);
    assert.equal(directory.files.size, 0);
    await directory.close();
  });
});
