import type { SpanView } from '../../model/console.ts';
import { ruleId } from '../../model/rule-id.ts';
import type { Span } from '../../model/span.ts';
import type { FindRule } from '../world/find-rule.ts';

/** A span with what its tags say in Envoy's words: the rule that decided, tries, faults. */
export function spanView(span: Span, findRule: FindRule): SpanView {
  const { tags } = span;
  const flags = (tags.response_flags ?? '').split(',');
  return {
    ...span,
    isParentInferred: tags['lateen.parent'] === 'inferred',
    rule: findRule(denyingRule(tags.response_code_details ?? '') ?? tags['lateen.rule'] ?? ''),
    attempts: 1 + (Number(tags['retry.count']) || 0),
    faults: [...(flags.includes('DI') ? ['delay'] : []), ...(flags.includes('FI') ? ['abort'] : [])],
  };
}

/** The AuthorizationPolicy that refused a request; null = none of them by name. */
function denyingRule(details: string): string | null {
  const found = /^rbac_access_denied_matched_policy\[ns\[(.+)\]-policy\[(.+)\]-rule\[(\d+)\]\]/.exec(details);
  if (found === null) return null;
  const [, namespace = '', name = '', rule = ''] = found;
  return ruleId({ kind: 'AuthorizationPolicy', namespace, name }, `rules[${rule}]`);
}
