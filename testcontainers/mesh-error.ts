import { formatViolation } from '../istio/format-violation.ts';
import type { ViolationView } from '../model/console.ts';
import type { TestRefusal } from '../model/test-mesh.ts';

/** The mesh did not do what it was asked; nothing has changed. */
export class MeshError extends Error {
  override readonly name = 'MeshError';
  readonly remedy: string;
  /** What is wrong with the YAML, each with file, line, field and remedy; none = it is something else. */
  readonly violations: readonly ViolationView[];

  constructor({ error, remedy, violations }: TestRefusal, options?: ErrorOptions) {
    const details = violations.length > 0 ? violations.map(formatViolation) : [remedy].filter(Boolean);
    super([error, ...details].join('\n'), options);
    this.remedy = remedy;
    this.violations = violations;
  }
}

export function meshError(error: string, remedy: string, cause?: unknown): MeshError {
  return new MeshError({ error, remedy, violations: [] }, cause === undefined ? undefined : { cause });
}
