import type { ProxyConfig } from '../../istio/schema/default-config.ts';
import type { CertificatePart, ForwardsCertificate, ProxyHeadersSpec } from '../../model/node.ts';

type CertificateDetails = NonNullable<ProxyConfig['proxyHeaders']>['setCurrentClientCertDetails'];

/** `proxyHeaders`, and what `gatewayTopology` says of certificates; null = all is as Istio has it by default. */
export function compileProxyHeaders(
  { proxyHeaders: headers = {}, gatewayTopology }: ProxyConfig,
  isGateway: boolean,
): ProxyHeadersSpec | null {
  const { server, setCurrentClientCertDetails: details } = headers;
  const ofTopology = isGateway ? forwarding(gatewayTopology?.forwardClientCertDetails) : null;
  const certificate = forwarding(headers.forwardedClientCert) ?? ofTopology;
  const name = server?.disabled === true ? '' : server?.value || null;
  const spec: ProxyHeadersSpec = {
    ...(name !== null && { server: name }),
    ...(certificate !== null && { clientCertificate: certificate }),
    ...(details !== undefined && { certificateParts: partsOf(details) }),
    ...(headers.requestId?.disabled === true && { omitsRequestId: true }),
    ...(headers.attemptCount?.disabled === true && { omitsAttemptCount: true }),
    ...(headers.envoyDebugHeaders?.disabled === true && { omitsDebugHeaders: true }),
    ...(headers.xForwardedHost?.enabled === true && { tellsHost: true }),
    ...(headers.xForwardedPort?.enabled === true && { tellsPort: true }),
  };
  return Object.keys(spec).length === 0 ? null : spec;
}

function forwarding(mode: string | undefined): ForwardsCertificate | null {
  return mode === undefined || mode === 'UNDEFINED' ? null : (mode as ForwardsCertificate);
}

/** In Envoy's order. */
function partsOf(details: NonNullable<CertificateDetails>): CertificatePart[] {
  return (['cert', 'chain', 'subject', 'uri', 'dns'] as const).filter((part) => details[part] === true);
}
