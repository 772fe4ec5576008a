import { createHash } from 'node:crypto';
import { redactSecrets } from '../../istio/redact-secrets.ts';
import type { Resource } from '../../istio/resource.ts';
import { resourceLabel } from '../../istio/resource-label.ts';
import type { Violation } from '../../istio/violation.ts';
import type { ConfigFileView } from '../../model/console.ts';
import type { FileState } from '../last-good/last-good.ts';
import { ruleRef } from './rule-refs.ts';

export const HASH_OF_NOTHING = createHash('sha256').digest('hex');
const WHY_SECRET =
  'the file holds a Secret, whose values are not shown: it is edited where it is, not in the console';
const WHY_NO_TEXT = 'the file is no text in UTF-8, or cannot be read';

export interface InForce {
  readonly resources: readonly Resource[];
  readonly violations: readonly Violation[];
}

export function configFileViews(files: ReadonlyMap<string, FileState>, inForce: InForce): ConfigFileView[] {
  return [...files].map(([file, state]) => configFileView(file, state, inForce));
}

export function configFileView(
  file: string,
  state: FileState,
  { resources, violations }: InForce,
): ConfigFileView {
  const own = violations.filter((violation) => violation.file === file);
  if (state.kind === 'unknown') {
    const isEmpty = state.violation.severity === 'Warning';
    return {
      ...{ file, text: '', hash: isEmpty ? HASH_OF_NOTHING : '', isInForce: false },
      documents: resources.filter(({ position }) => position.file === file).map(ruleRef),
      violations: own,
      whyReadOnly: isEmpty ? '' : WHY_NO_TEXT,
    };
  }
  const { text, isRedacted } = redactSecrets(state.text);
  const isText = state.text !== '';
  return {
    ...{ file, text, hash: state.contentHash, isInForce: isWhole(state, resources) },
    documents: state.parsed.resources.map(ruleRef),
    violations: own,
    whyReadOnly: isRedacted ? WHY_SECRET : isText ? '' : WHY_NO_TEXT,
  };
}

/** Each of its documents is in force, and there is none that could not be. */
function isWhole({ parsed }: FileState & { kind: 'parsed' }, resources: readonly Resource[]): boolean {
  if (parsed.isUnreadable || parsed.invalid.length > 0) return false;
  const inForce = new Map(resources.map((resource) => [resourceLabel(resource), resource]));
  return parsed.resources.every((resource) => {
    const other = inForce.get(resourceLabel(resource));
    // Of a namespace that is not looked at, or a Service that Docker's replaces: there is nothing of it to be in force.
    return (
      other === undefined || (other.hash === resource.hash && other.position.file === resource.position.file)
    );
  });
}
