import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';
import { isDnsLabel, isDnsName } from './values.ts';

const REMEDY = 'Write `name` for a Gateway of the same namespace, else `namespace/name`.';

/** `mesh`, `name` or `namespace/name`, and the older `name.namespace.svc.cluster.local`. */
export function checkGatewayNames(
  gateways: readonly string[] | undefined,
  path: FieldPath,
  findings: Findings,
): void {
  (gateways ?? []).forEach((gateway, index) => {
    const at = [...path, index];
    const slash = gateway.indexOf('/');
    const [namespace, name] = [gateway.slice(0, Math.max(slash, 0)), gateway.slice(slash + 1)];
    if (slash >= 0) {
      if (!isDnsLabel(namespace))
        findings.error(at, `invalid value for namespace: ${JSON.stringify(namespace)}`, REMEDY);
      if (!isDnsLabel(name)) findings.error(at, `invalid gateway name ${JSON.stringify(name)}`, REMEDY);
    } else if (!isDnsName(gateway))
      findings.error(at, `invalid gateway name ${JSON.stringify(gateway)}`, REMEDY);
    else if (gateway.includes('.')) {
      const [first, second] = gateway.split('.');
      findings.warn(at, `${gateway} is the old form of a gateway's name`, `Write ${second}/${first}.`);
    }
  });
}
