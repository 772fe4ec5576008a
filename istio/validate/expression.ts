import { parse } from '@marcbachmann/cel-js';
import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';

/** A CEL expression, by its grammar: what its names mean is known only at a proxy. */
export function checkExpression(text: string | undefined, path: FieldPath, findings: Findings): void {
  if (text === undefined || text === '') return;
  try {
    parse(text);
  } catch (error) {
    const [reason = ''] = String((error as Error).message).split('\n');
    findings.error(path, `"${text}" is no CEL expression: ${reason}`, 'E.g. `response.code >= 400`.');
  }
}
