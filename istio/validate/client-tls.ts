import type { FieldPath } from '../field-path.ts';
import type { ClientTls } from '../schema/destination-rule.ts';
import type { Findings } from './finding.ts';

const isGiven = (text: string | undefined) => text !== undefined && text !== '';

/** `ValidateTLS` of Istio: how a caller originates TLS. */
export function validateClientTls(tls: ClientTls | undefined, path: FieldPath, findings: Findings): void {
  if (tls === undefined || (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL')) return;
  if (tls.insecureSkipVerify === true) {
    const withCa = (['caCertificates', 'subjectAltNames'] as const).filter((field) => tls[field]?.length);
    const given = tls.mode === 'SIMPLE' && isGiven(tls.credentialName) ? ['credentialName'] : [];
    for (const field of [...withCa, ...given])
      findings.error([...path, field], `${field} and insecureSkipVerify exclude each other`, 'Remove one.');
  }
  if (isGiven(tls.credentialName)) {
    for (const field of ['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const) {
      if (isGiven(tls[field]))
        findings.error([...path, field], `${field} and credentialName exclude each other`, 'Remove one.');
    }
    return;
  }
  if (tls.mode !== 'MUTUAL') return;
  for (const field of ['clientCertificate', 'privateKey'] as const) {
    if (!isGiven(tls[field]))
      findings.error(path, `mode MUTUAL needs ${field}`, `Add \`${field}:\` with the file's path.`);
  }
}
