import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Span } from '../../model/span.ts';
import { createFindRule } from '../world/find-rule.ts';
import { spanView } from './span-view.ts';

function view(tags: Span['tags']) {
  const span: Span = {
    ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: '', kind: 'CLIENT', name: 'reviews' },
    ...{ service: 'page.default', startUs: 1, durationUs: 2, isError: false, tags },
  };
  const { rule, attempts, faults, isParentInferred } = spanView(span, createFindRule([]));
  return { rule: rule === null ? null : `${rule.kind} ${rule.name}`, attempts, faults, isParentInferred };
}

it('a span of a default route tells of no rule', () => {
  assert.deepEqual(view({ response_flags: '-' }), {
    ...{ rule: null, attempts: 1, faults: [], isParentInferred: false },
  });
});

it('a span tells the rule that routed it, its tries, and the faults of that rule', () => {
  const tags = {
    ...{ 'lateen.rule': 'VirtualService/default/shop#http[0]', 'retry.count': '2' },
    ...{ response_flags: 'DI,FI', 'lateen.parent': 'inferred' },
  };
  assert.deepEqual(view(tags), {
    ...{ rule: 'VirtualService shop', attempts: 3, faults: ['delay', 'abort'], isParentInferred: true },
  });
});

it('a request that was refused tells the policy that refused it', () => {
  const details = (name: string) => `rbac_access_denied_matched_policy[${name}]`;
  const denied = (name: string) =>
    view({ 'lateen.rule': 'VirtualService/default/shop#http[0]', response_code_details: details(name) }).rule;
  assert.equal(denied('ns[foo]-policy[no]-rule[0]'), 'AuthorizationPolicy no');
  assert.equal(denied('none'), 'VirtualService shop');
});
