import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';

/** `region/zone/subzone`, the last part possibly `*`; none may cover another (`validateLocalities` of Istio). */
export function checkLocalities(localities: readonly string[], path: FieldPath, findings: Findings): void {
  localities.forEach((locality, index) => {
    const parts = locality.split('/');
    const isWellFormed =
      parts.length <= 3 && parts.every((part) => part !== '') && /^[^*]*\*?$/.test(locality);
    if (!isWellFormed) {
      findings.error(
        path,
        `invalid locality ${JSON.stringify(locality)}`,
        'Write region/zone/subzone; "*" may stand at the end.',
      );
      return;
    }
    const other = localities
      .slice(0, index)
      .find((before) => covers(before, locality) || covers(locality, before));
    if (other !== undefined)
      findings.error(path, `the localities ${other} and ${locality} overlap`, 'Remove one.');
  });
}

function covers(wide: string, narrow: string): boolean {
  const parts = wide
    .replace(/\/?\*$/, '')
    .split('/')
    .filter((part) => part !== '');
  const other = narrow.split('/');
  return parts.every((part, index) => part === other[index]);
}
