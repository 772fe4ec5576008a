import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestAuthority, type TestCertificate } from '../../base/certificate.fixture.ts';
import type { Bookinfo } from '../fixture/bookinfo.ts';
import { docker } from '../fixture/docker.ts';
import { eventually } from '../fixture/eventually.ts';
import { getHttps, secretDocument } from '../fixture/https.ts';

const authority = await createTestAuthority();
const TRUST = { ca: authority.certificate };

/** What `lateen x cert` does in the recipes' READMEs, for the time of a proof. */
async function withSecret(
  mesh: Bookinfo,
  [name, namespace]: readonly [string, string],
  authorityInIt: string,
  prove: () => Promise<void>,
): Promise<void> {
  const host = name.replaceAll('-', '.');
  const document = secretDocument(name, namespace, await authority.issue(host), authorityInIt);
  await mesh.apply('secret.json', document);
  try {
    await prove();
  } finally {
    await mesh.remove('secret.json');
  }
}

/** Gives the recipe's server outside of the mesh its certificate. */
async function startVault(mesh: Bookinfo, { certificate, privateKey }: TestCertificate): Promise<void> {
  const file = join(mesh.folder, 'vault.pem');
  await writeFile(file, certificate + privateKey);
  const [vault = ''] = await mesh.containers('vault');
  await docker(['cp', file, `${vault}:/tmp/vault.pem`]);
}

/** Part of the list of proofs: one for each folder of examples/recipes that is about TLS. */
export const TLS_PROOFS = {
  async 'ingress-tls'(mesh: Bookinfo) {
    await withSecret(mesh, ['shop-example-com', 'istio-system'], '', async () => {
      const details = await getHttps(mesh, 'shop.example.com', '/details/0', TRUST);
      assert.equal(details.status, 200);
      assert.match(details.body, /"type":"paperback"/);
      await assert.rejects(getHttps(mesh, 'other.example.com', '/', TRUST), { code: 'ECONNRESET' });
    });
    await assert.rejects(getHttps(mesh, 'shop.example.com', '/details/0', TRUST), { code: 'ECONNRESET' });
  },

  async 'mutual-tls-ingress'(mesh: Bookinfo) {
    await withSecret(mesh, ['partners-example-com', 'istio-system'], authority.certificate, async () => {
      const { certificate: cert, privateKey: key } = await authority.issue('caller.example.com');
      const call = (shown: object) =>
        getHttps(mesh, 'partners.example.com', '/details/0', { ...TRUST, ...shown });
      assert.equal((await call({ cert, key })).status, 200);
      await assert.rejects(call({}), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
    });
  },

  async 'tls-passthrough'(mesh: Bookinfo) {
    await startVault(mesh, await authority.issue('vault.example.com'));
    await eventually('the vault answers through the gateway', async () => {
      const { body } = await getHttps(mesh, 'vault.example.com', '/', TRUST);
      return body === 'the vault itself\n' ? true : undefined;
    });
  },

  async 'tls-origination'(mesh: Bookinfo) {
    await startVault(mesh, await authority.issue('vault.example.com'));
    const [productpage = ''] = await mesh.containers('productpage');
    const script = `const answer = await fetch('http://vault.example.com/'); console.log(answer.status, await answer.text())`;
    const call = () => docker(['exec', productpage, 'node', '--input-type=module', '-e', script]);
    assert.match(await call(), /^503 /);
    await withSecret(mesh, ['vault-example-com', 'default'], authority.certificate, async () => {
      await eventually('the vault answers', async () =>
        (await call()) === '200 vault.example.com by TLS' ? true : undefined,
      );
    });
  },
};
