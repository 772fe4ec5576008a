import type { PeerAuthenticationSpec } from '../schema/security.ts';
import type { Findings } from './finding.ts';
import { checkSelector } from './selector.ts';

/** `ValidatePeerAuthentication` of Istio. */
export function validatePeerAuthentication(spec: PeerAuthenticationSpec, findings: Findings): void {
  checkSelector(spec.selector, ['selector'], findings);
  if (spec.portLevelMtls === undefined) return;
  const path = ['portLevelMtls'];
  const ports = Object.keys(spec.portLevelMtls);
  const hasSelector = Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
  if (ports.length === 0)
    findings.error(
      path,
      'portLevelMtls must name at least one port',
      'Remove it, or add `8080: { mode: STRICT }`.',
    );
  else if (!hasSelector)
    findings.error(
      path,
      'a policy for a namespace or the mesh cannot have port level mTLS',
      'Add a selector with the labels of a workload.',
    );
  for (const port of ports) {
    const isPort = /^[0-9]+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
    if (!isPort) findings.error([...path, port], `port ${port} must be in the range 1..65535`);
  }
}
