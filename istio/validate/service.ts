import type { KubernetesServiceSpec } from '../schema/kubernetes.ts';
import type { Findings } from './finding.ts';
import { checkPort, isDnsName } from './values.ts';

/** What a v1 Service must have to become a service of the mesh. */
export function validateService(spec: KubernetesServiceSpec, findings: Findings): void {
  const ports = spec.ports ?? [];
  const isExternalName = spec.type === 'ExternalName';
  if (isExternalName) checkExternalName(spec, findings);
  else if (ports.length === 0) findings.error(['ports'], 'a Service must have ports');
  ports.forEach((port, index) => {
    const path = ['ports', index];
    if (port.port === undefined) findings.error([...path, 'port'], 'port is required');
    checkPort(port.port, [...path, 'port'], findings);
    if (typeof port.targetPort === 'string' && !/^[0-9]+$/.test(port.targetPort)) {
      findings.error(
        [...path, 'targetPort'],
        'a named targetPort is not supported: containers name no ports',
        'Write the number.',
      );
    }
    if (ports.length > 1 && (port.name ?? '') === '')
      findings.error([...path, 'name'], 'with several ports each needs a name');
  });
}

function checkExternalName(
  { externalName = '', ports = [] }: KubernetesServiceSpec,
  findings: Findings,
): void {
  if (!isDnsName(externalName.replace(/\.$/, '')))
    findings.error(
      ['externalName'],
      `a Service of type ExternalName needs a DNS name, not ${JSON.stringify(externalName)}`,
      'E.g. externalName: api.example.com',
    );
  else if (ports.length === 0)
    findings.warn(
      ['ports'],
      'without ports it can only be another name for a service of this mesh',
      'List the ports to reach a host outside.',
    );
}
