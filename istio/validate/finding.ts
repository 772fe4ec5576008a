import type { FieldPath } from '../field-path.ts';
import type { Violation } from '../violation.ts';

/** What a semantic check found; the path is relative to `spec`. */
export interface Finding {
  readonly code: string;
  readonly severity: Violation['severity'];
  readonly path: FieldPath;
  readonly message: string;
  readonly remedy: string;
}

/** Collects findings while a spec is walked. */
export class Findings {
  readonly list: Finding[] = [];

  /** Istio's SchemaValidationError: the resource is refused. */
  error(path: FieldPath, message: string, remedy = ''): void {
    this.list.push({ code: 'IST0106', severity: 'Error', path, message, remedy });
  }

  warn(path: FieldPath, message: string, remedy = '', code = 'IST0133'): void {
    this.list.push({ code, severity: 'Warning', path, message, remedy });
  }

  inform(path: FieldPath, message: string, remedy: string, code: string): void {
    this.list.push({ code, severity: 'Info', path, message, remedy });
  }
}
