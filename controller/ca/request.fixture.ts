import { Pkcs10CertificateRequestGenerator, SIGNING, SubjectAlternativeNameExtension } from './x509.ts';

/** A certificate request of a new key, in DER; asks for the identity if there is one. */
export async function createRequest(identity = '', subject = ''): Promise<Buffer> {
  const keys = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: SIGNING,
    extensions:
      identity === '' ? [] : [new SubjectAlternativeNameExtension([{ type: 'url', value: identity }])],
  });
  return Buffer.from(request.rawData);
}
