import type { FieldPath } from '../field-path.ts';
import type { ServerTls } from '../schema/gateway.ts';
import type { Findings } from './finding.ts';

const isGiven = (value: string | readonly unknown[] | undefined) => value !== undefined && value.length > 0;

/** Families of certificate sources, of which one may be used. */
const SOURCES = ['serverCertificate', 'credentialName', 'credentialNames', 'tlsCertificates'] as const;
const CERTIFICATE_FIELDS = [...SOURCES, 'privateKey', 'caCertificates', 'caCrl'] as const;

/** `bssl ciphers -openssl-name ALL`, without PSK: what a Gateway takes. */
const CIPHERS: ReadonlySet<string> = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
]);

/** `validateTLSOptions` of Istio: the certificates that a server shows and asks for. */
export function validateServerTls(tls: ServerTls, path: FieldPath, findings: Findings): void {
  checkCiphers(tls, path, findings);
  const mode = tls.mode ?? 'PASSTHROUGH';
  if (mode === 'ISTIO_MUTUAL') {
    for (const field of CERTIFICATE_FIELDS)
      if (isGiven(tls[field]) && field !== 'caCrl')
        findings.error([...path, field], `mode ISTIO_MUTUAL cannot have ${field}`, 'Remove it.');
    return;
  }
  const first = CERTIFICATE_FIELDS.find((field) => isGiven(tls[field]));
  if ((mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') && first !== undefined)
    findings.warn(
      [...path, first],
      `mode ${mode} uses no certificates: they are ignored`,
      'Write `mode: SIMPLE` to end TLS here.',
    );
  const sources = SOURCES.filter(
    (field) => isGiven(tls[field]) && (field !== 'serverCertificate' || isGiven(tls.privateKey)),
  );
  if (sources.length > 1)
    findings.error([...path, sources[1] ?? ''], `${sources.join(' and ')} exclude each other`, 'Keep one.');
  checkCrl(tls, path, findings);
  const isTerminating = mode === 'SIMPLE' || mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL';
  if (isTerminating && !isGiven(tls.credentialName) && !isGiven(tls.credentialNames))
    requireCertificates(tls, path, findings);
}

function requireCertificates(tls: ServerTls, path: FieldPath, findings: Findings): void {
  const { mode = 'SIMPLE', tlsCertificates = [] } = tls;
  const remedy = 'Name a Secret by `credentialName`, or files by `serverCertificate` and `privateKey`.';
  if (mode !== 'SIMPLE' && !isGiven(tls.caCertificates))
    findings.error(path, `mode ${mode} needs a client CA: caCertificates`, remedy);
  if (tlsCertificates.length > 2)
    findings.warn([...path, 'tlsCertificates'], 'at most two server certificates are used');
  const pairs = tlsCertificates.length > 0 ? tlsCertificates : [tls];
  pairs.forEach((pair, index) => {
    const at = pair === tls ? path : [...path, 'tlsCertificates', index];
    for (const field of ['serverCertificate', 'privateKey'] as const)
      if (!isGiven(pair[field])) findings.error(at, `mode ${mode} needs ${field}`, remedy);
  });
}

function checkCrl(tls: ServerTls, path: FieldPath, findings: Findings): void {
  if (!isGiven(tls.caCrl)) return;
  if (isGiven(tls.credentialName))
    findings.error(
      [...path, 'caCrl'],
      'caCrl and credentialName exclude each other',
      'Put it into the Secret.',
    );
  if (tls.mode === 'SIMPLE')
    findings.error([...path, 'caCrl'], 'mode SIMPLE asks for no client certificate to revoke', 'Remove it.');
}

function checkCiphers(tls: ServerTls, path: FieldPath, findings: Findings): void {
  const ciphers = tls.cipherSuites ?? [];
  const isOld = tls.minProtocolVersion === 'TLSV1_0' || tls.minProtocolVersion === 'TLSV1_1';
  if (isOld && ciphers.length === 0)
    findings.warn(
      [...path, 'minProtocolVersion'],
      'TLS below 1.2 has no cipher by default',
      'Name them in cipherSuites.',
    );
  ciphers.forEach((cipher, index) => {
    const at = [...path, 'cipherSuites', index];
    const isExpression = cipher === '' || cipher === 'ALL' || !/^[A-Za-z0-9]/.test(cipher);
    if (!isExpression && !CIPHERS.has(cipher))
      findings.warn(at, `unknown cipher suite ${JSON.stringify(cipher)} is ignored`);
    else if (ciphers.indexOf(cipher) !== index)
      findings.warn(at, `duplicate cipher suite ${JSON.stringify(cipher)} is ignored`);
  });
}
