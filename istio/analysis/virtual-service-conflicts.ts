import { resolveShortName } from '../host.ts';
import type { Resource } from '../resource.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import type { MeshView } from './mesh-view.ts';
import { placeOf, type Report } from './report.ts';

type Rule = Resource<VirtualServiceSpec>;

/** Two VirtualServices for one host in the mesh: the older has it, the others do nothing (IST0109). */
export function checkHostConflicts(view: MeshView, report: Report): void {
  const byHost = new Map<string, Rule[]>();
  for (const rule of view.of('VirtualService')) {
    const { gateways = [], hosts = [] } = rule.spec;
    if (gateways.length > 0 && !gateways.includes('mesh')) continue;
    for (const host of new Set(hosts.map((each) => resolveShortName(each, rule.namespace)))) {
      const rules = byHost.get(host);
      if (rules === undefined) byHost.set(host, [rule]);
      else rules.push(rule);
    }
  }
  for (const [host, rules] of byHost) {
    for (const rule of rules) {
      const rivals = rules.filter((other) => other !== rule && meetSomewhere(rule, other));
      if (rivals.length > 0) reportConflict(rule, rivals, rules, host, report);
    }
  }
}

function reportConflict(
  rule: Rule,
  rivals: readonly Rule[],
  inOrder: readonly Rule[],
  host: string,
  report: Report,
): void {
  const all = inOrder.filter((other) => other === rule || rivals.includes(other));
  const first = all[0] ?? rule;
  const isInForce = first === rule;
  const index = (rule.spec.hosts ?? []).findIndex((each) => resolveShortName(each, rule.namespace) === host);
  report.error(
    rule,
    'IST0109',
    ['spec', 'hosts', index],
    `The VirtualServices ${all.map(placeOf).join(', ')} associated with mesh gateway define the same host ${host}`,
    isInForce
      ? 'This one is the older and in force. Put the routes into one.'
      : `Only ${first.namespace}/${first.name} is in force in sidecars. Put the routes into one.`,
  );
}

/** Whether some namespace sees both. */
function meetSomewhere(a: Rule, b: Rule): boolean {
  const [seesA, seesB] = [audienceOf(a), audienceOf(b)];
  return seesA.has('*') || seesB.has('*') || [...seesA].some((namespace) => seesB.has(namespace));
}

function audienceOf({ namespace, spec }: Rule): ReadonlySet<string> {
  const exportTo = (spec.exportTo ?? []).length === 0 ? ['*'] : (spec.exportTo ?? []);
  return new Set(exportTo.map((target) => (target === '.' ? namespace : target)));
}
