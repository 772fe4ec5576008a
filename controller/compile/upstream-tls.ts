import type { ClientTls } from '../../istio/schema/destination-rule.ts';
import type { UpstreamTlsSpec } from '../../model/cluster.ts';

/**
 * `trafficPolicy.tls`: TLS that the proxy itself speaks to a host, so that an application may speak plain HTTP. Modes
 * with a certificate of our own (MUTUAL, ISTIO_MUTUAL) have no effect yet, which is said in a warning.
 */
export function compileUpstreamTls(tls: ClientTls | undefined): UpstreamTlsSpec | null {
  if (tls?.mode !== 'SIMPLE') return null;
  return {
    mode: 'simple',
    sni: tls.sni ?? '',
    alpn: [],
    subjectAltNames: tls.subjectAltNames ?? [],
    trust: '',
    certificate: '',
    skipVerify: tls.insecureSkipVerify ?? false,
  };
}
