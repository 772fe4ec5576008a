import type { ClientTls } from '../../../istio/schema/destination-rule.ts';
import type { UpstreamTlsSpec } from '../../../model/cluster.ts';
import { secretName } from '../../../model/secret.ts';

/**
 * `trafficPolicy.tls`: TLS that the proxy itself speaks to a host, so that an application may speak plain HTTP.
 * ISTIO_MUTUAL is the mesh's own (mesh-tls.ts).
 * @param mayUseCredentials a gateway, or a sidecar that the rule's `workloadSelector` selects: any other sidecar drops
 * the settings of a rule with `credentialName` (Istio's `applyUpstreamTLSSettings`, ISTIO.md §2.6)
 */
export function compileUpstreamTls(
  tls: ClientTls | undefined,
  mayUseCredentials: boolean,
): UpstreamTlsSpec | null {
  if (tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') return null;
  const { sni = '', subjectAltNames = [], credentialName = '', insecureSkipVerify = false } = tls;
  if (credentialName !== '' && !mayUseCredentials) return null;
  const settings = { sni, alpn: [], subjectAltNames, trust: trustOf(tls), skipVerify: insecureSkipVerify };
  return tls.mode === 'SIMPLE'
    ? { mode: 'simple', ...settings, certificate: '' }
    : { mode: 'mutual', ...settings, certificate: certificateOf(tls) };
}

function certificateOf({ credentialName = '', clientCertificate = '', privateKey = '' }: ClientTls): string {
  if (credentialName !== '') return secretName.credential(credentialName);
  return secretName.certificateFiles(clientCertificate, privateKey);
}

/** '' = the system's roots. */
function trustOf({ credentialName = '', caCertificates = '', caCrl = '' }: ClientTls): string {
  if (credentialName !== '') return secretName.trustOf(credentialName);
  return caCertificates === '' || caCertificates === 'system'
    ? ''
    : secretName.trustFile(caCertificates, caCrl);
}
