import type { FieldPath } from '../field-path.ts';
import { isIpAddress } from '../ip-address.ts';
import type { Findings } from './finding.ts';
import { isDnsLabel, isHost, isPartialWildcard } from './values.ts';

/** `namespace/host` of a Sidecar's egress: what the workload may see. */
export function checkSidecarHosts(
  hosts: readonly string[],
  path: FieldPath,
  ownNamespace: string,
  findings: Findings,
): void {
  if (hosts.length === 0)
    findings.error(path, 'an egress listener must have at least one host', 'E.g. `hosts: ["./*"]`.');
  const seen = new Set<string>();
  hosts.forEach((host, index) => {
    const at = [...path, index];
    const slash = host.indexOf('/');
    if (slash < 0) {
      findings.error(
        at,
        `host must be of form namespace/dnsName: ${JSON.stringify(host)}`,
        `Write "*/${host}" for any namespace, "./${host}" for this one.`,
      );
      return;
    }
    const namespace = host.slice(0, slash);
    const name = host.slice(slash + 1);
    checkNamespace(namespace, at, findings);
    checkName(name, at, findings);
    const scope = namespace === '.' ? ownNamespace : namespace;
    if (!namespace.startsWith('~') && (seen.has(`${scope}/${name}`) || seen.has(`${scope}/*`)))
      findings.warn(at, `${JSON.stringify(host)} is covered by another entry`, 'Remove it.');
    seen.add(`${scope}/${name}`);
  });
  if (seen.has('*/*') && hosts.length > 1)
    findings.warn(path, '"*/*" selects everything: the other hosts say nothing', 'Remove them.');
}

function checkNamespace(namespace: string, path: FieldPath, findings: Findings): void {
  const name = namespace.replace(/^~/, '');
  if (namespace === '') findings.error(path, 'the namespace must not be empty', 'Write "." or "*".');
  else if (name !== '' && name !== '*' && name !== '.' && !isDnsLabel(name))
    findings.error(path, `invalid namespace ${JSON.stringify(namespace)}`);
}

function checkName(name: string, path: FieldPath, findings: Findings): void {
  if (!isHost(name) || isPartialWildcard(name))
    findings.error(
      path,
      `invalid host ${JSON.stringify(name)}`,
      'Write a full name, "*.example.com" or "*".',
    );
  else if (name !== '*' && !name.includes('.') && !isIpAddress(name))
    findings.error(
      path,
      `short names (non FQDN) are not allowed: ${JSON.stringify(name)}`,
      `Write the full name, such as ${name}.default.svc.cluster.local.`,
    );
}
