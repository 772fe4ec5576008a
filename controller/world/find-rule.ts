import type { Resource } from '../../istio/resource.ts';
import type { RuleRef } from '../../model/console.ts';
import { parseRuleId, ruleId } from '../../model/rule-id.ts';

/** A rule by its id (model/rule-id.ts), where it stands now; null = the id names none. */
export type FindRule = (id: string) => RuleRef | null;

/**
 * Snapshots and spans name rules without file and line, so that text which only moves changes neither; where a rule
 * stands is looked up when it is shown. A document that is gone since has no file, a part that is gone the line of its
 * document.
 */
export function createFindRule(resources: readonly Resource[]): FindRule {
  const documents = new Map(resources.map((resource) => [ruleId(resource), resource]));
  return (id) => {
    const parsed = parseRuleId(id);
    if (parsed === null) return null;
    const { part, ...document } = parsed;
    const position = documents.get(ruleId(document))?.position;
    if (position === undefined) return { ...document, file: '', line: 0 };
    return { ...document, file: position.file, line: position.lines[`spec.${part}`] ?? position.line };
  };
}
