import { generateKeyPairSync } from 'node:crypto';
import { createAuthority, createRoot } from '../../../controller/ca/authority.ts';
import { Certificates } from '../../../controller/ca/certificates.ts';
import type { CertificateRequest } from '../../../model/identity.ts';
import { PrivateKey } from '../../../model/secret.ts';
import { encodeCertificateRequest } from '../certificate-request.ts';
import { MeshIdentity } from '../identity.ts';

/** The controller's real authority, for tests of the agent. */
export interface TestAuthority {
  answer(body: string, spiffeId: string): Promise<{ status: number; body: string }>;
  /** A proxy with a certificate of that name. */
  identity(spiffeId: string): Promise<MeshIdentity>;
}

export async function createTestAuthority(wall: () => number = Date.now): Promise<TestAuthority> {
  const certificates = new Certificates(
    await createAuthority(await createRoot('cluster.local', wall()), [], wall),
  );
  const issue = (spiffeId: string, csr: Buffer) => certificates.issue('container', spiffeId, csr);
  return {
    async answer(body, spiffeId) {
      const { csr } = JSON.parse(body) as CertificateRequest;
      const issued = await issue(spiffeId, Buffer.from(csr, 'base64'));
      return issued === null ? { status: 403, body: '' } : { status: 200, body: JSON.stringify(issued) };
    },
    async identity(spiffeId) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const issued = await issue(spiffeId, encodeCertificateRequest(publicKey, privateKey));
      if (issued === null) throw new Error('no certificate');
      const identity = new MeshIdentity();
      identity.replace({
        ...issued,
        key: new PrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string),
      });
      return identity;
    },
  };
}
