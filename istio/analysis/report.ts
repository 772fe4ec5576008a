import { type FieldPath, formatFieldPath } from '../field-path.ts';
import type { Resource } from '../resource.ts';
import { isSuppressed, resourceLabel } from '../resource-label.ts';
import type { Violation } from '../violation.ts';

/** Collects what analyzers find; a resource's own annotation can suppress it. */
export class Report {
  readonly violations: Violation[] = [];

  error(resource: Resource, code: string, path: FieldPath, message: string, remedy: string): void {
    this.#add(resource, { code, severity: 'Error', message, remedy }, path);
  }

  warn(resource: Resource, code: string, path: FieldPath, message: string, remedy: string): void {
    this.#add(resource, { code, severity: 'Warning', message, remedy }, path);
  }

  inform(resource: Resource, code: string, path: FieldPath, message: string, remedy: string): void {
    this.#add(resource, { code, severity: 'Info', message, remedy }, path);
  }

  #add(
    resource: Resource,
    finding: Pick<Violation, 'code' | 'severity' | 'message' | 'remedy'>,
    path: FieldPath,
  ): void {
    if (isSuppressed(resource, finding.code)) return;
    this.violations.push({
      ...finding,
      resource: resourceLabel(resource),
      file: resource.position.file,
      line: lineOf(resource, path),
      column: 1,
      path: formatFieldPath(path),
    });
  }
}

/** The line of the field, or of the nearest one around it. */
function lineOf({ position }: Resource, path: FieldPath): number {
  for (let length = path.length; length > 0; length--) {
    const line = position.lines[formatFieldPath(path.slice(0, length))];
    if (line !== undefined) return line;
  }
  return position.line;
}

/** `default/reviews (mesh/reviews.yaml:12)`: the other side of a conflict. */
export function placeOf({ namespace, name, position }: Resource): string {
  return `${namespace}/${name} (${position.file}:${position.line})`;
}
