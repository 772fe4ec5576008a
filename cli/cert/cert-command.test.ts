import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { credentialFault } from '../../istio/analysis/credentials.ts';
import { parseDocuments } from '../../istio/parse-documents.ts';
import type { KubernetesSecretSpec } from '../../istio/schema/kubernetes.ts';
import { folderOf, runLateen } from '../testing/run-lateen.ts';

describe('lateen x cert', () => {
  test('prints a Secret that the mesh takes, from an authority that is kept', async (context) => {
    const folder = folderOf(context, {});
    const home = { XDG_CONFIG_HOME: join(folder, 'config') };
    const first = await runLateen(
      folder,
      ['x', 'cert', 'shop.example.com', '*.shop.example', '10.1.2.3'],
      '',
      home,
    );
    assert.equal(first.status, 0, first.stderr);
    const { resources, violations } = parseDocuments(first.stdout, 'secret.yaml');
    assert.deepEqual(violations, []);
    assert.deepEqual([resources[0]?.namespace, resources[0]?.name], ['istio-system', 'shop-example-com']);
    const spec = resources[0]?.spec as KubernetesSecretSpec;
    assert.equal(credentialFault(spec, Date.now()), null);
    const certificate = new X509Certificate(spec.stringData?.['tls.crt'] ?? '');
    assert.equal(certificate.checkHost('shop.example.com'), 'shop.example.com');
    assert.equal(certificate.checkHost('a.shop.example'), '*.shop.example');
    assert.equal(certificate.checkIP('10.1.2.3'), '10.1.2.3');
    assert.match(first.stderr, /A new authority was made: .*ca\.crt/);

    const kept = join(folder, 'config/lateen/ca');
    const root = new X509Certificate(readFileSync(join(kept, 'ca.crt')));
    assert.ok(certificate.checkIssued(root) && certificate.verify(root.publicKey));
    assert.equal(statSync(kept).mode & 0o777, 0o700);
    assert.equal(statSync(join(kept, 'ca.key')).mode & 0o777, 0o600);

    const second = await runLateen(
      folder,
      ['x', 'cert', 'other.example', '--mutual', '-w', 'other.yaml'],
      '',
      home,
    );
    assert.equal(second.stdout, '');
    assert.doesNotMatch(second.stderr, /A new authority/);
    const other = parseDocuments(readFileSync(join(folder, 'other.yaml')), 'other.yaml').resources[0];
    const parts = (other?.spec as KubernetesSecretSpec | undefined)?.stringData ?? {};
    assert.equal(parts['ca.crt'], readFileSync(join(kept, 'ca.crt'), 'utf8'));
    assert.equal(statSync(join(folder, 'other.yaml')).mode & 0o777, 0o600);
  });

  test('gives PEM to programs that are no mesh', async (context) => {
    const folder = folderOf(context, {});
    const { stdout } = await runLateen(folder, ['x', 'cert', 'client.example', '--files', '--ca', 'ca']);
    const certificate = new X509Certificate(stdout);
    assert.ok(certificate.checkPrivateKey(createPrivateKey(stdout)));
  });

  test('says what is no host', async (context) => {
    const { status, stderr } = await runLateen(folderOf(context, {}), ['x', 'cert', 'https://shop.example']);
    assert.equal(status, 2);
    assert.match(stderr, /"https:\/\/shop\.example" is no host\nRemedy: /);
  });
});
