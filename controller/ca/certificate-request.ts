import { Pkcs10CertificateRequest, type PublicKey, type SubjectAlternativeNameExtension } from './x509.ts';

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/**
 * The key of a request that may be signed for this identity; null = it may not: it is no request, whoever sent it does
 * not have the key, the key is of another kind, or it asks for a name that is not its sender's.
 */
export async function readRequest(der: Buffer, identity: string): Promise<PublicKey | null> {
  try {
    const request = new Pkcs10CertificateRequest(der);
    if (!isP256(request.publicKey)) return null;
    if (!(await request.verify())) return null;
    return asksOnlyFor(request, identity) ? request.publicKey : null;
  } catch {
    // The library throws whatever it meets: to us all of that is one thing, bytes that are no request.
    return null;
  }
}

function isP256({ algorithm }: PublicKey): boolean {
  return algorithm.name === 'ECDSA' && 'namedCurve' in algorithm && algorithm.namedCurve === 'P-256';
}

/** Names are what Docker says, so a request needs none; one that differs is a mistake or an attempt. */
function asksOnlyFor(request: Pkcs10CertificateRequest, identity: string): boolean {
  const names = request.getExtension(SUBJECT_ALTERNATIVE_NAME) as SubjectAlternativeNameExtension | null;
  if (request.subject !== '') return false;
  return names === null || names.names.items.every(({ type, value }) => type === 'url' && value === identity);
}
