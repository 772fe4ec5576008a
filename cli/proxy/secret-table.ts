import { X509Certificate } from 'node:crypto';
import { errorMessage } from '../../base/errors.ts';
import type { SecretSpec } from '../../model/secret.ts';
import { formatTable } from '../terminal/table.ts';

/** A secret of a dump: its key is hidden, its certificates are not. */
export type DumpedSecret = Omit<SecretSpec, 'privateKey'> & { readonly privateKey: string | null };

/** What istioctl's `proxy-config secret` prints: names and validity, never a key. */
export function secretTable(secrets: readonly DumpedSecret[], nowMs: number): string {
  const rows = secrets.flatMap((secret) => {
    const { name, certificate, trust, files } = secret;
    if (files !== null) return [[name, 'Files', 'in the container', '-', '-', '-', '-', '-']];
    return [
      ...(certificate === '' ? [] : [describe(name, 'Cert Chain', certificate, nowMs)]),
      ...(trust === '' ? [] : [describe(name, 'CA', trust, nowMs)]),
    ];
  });
  return formatTable([
    ['RESOURCE NAME', 'TYPE', 'STATUS', 'VALID CERT', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE', 'NAMES'],
    ...rows,
  ]);
}

function describe(name: string, type: string, pem: string, nowMs: number): string[] {
  try {
    const { validFrom, validTo, serialNumber, subjectAltName, subject } = new X509Certificate(pem);
    const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
    const isValid = from <= nowMs && nowMs <= to;
    const names = subjectAltName ?? subject ?? '-';
    return [name, type, 'ACTIVE', String(isValid), serialNumber.toLowerCase(), iso(to), iso(from), names];
  } catch (error) {
    return [name, type, `unreadable: ${errorMessage(error)}`, 'false', '-', '-', '-', '-'];
  }
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000', '');
