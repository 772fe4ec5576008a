import { ruleId } from '../../model/rule-id.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { FindRule } from '../world/find-rule.ts';

/** `file:line` of each rule that a snapshot's routes and policies come from, by its id (model/rule-id.ts). */
export function rulePlaces({ resources }: Snapshot, findRule: FindRule): Record<string, string> {
  const ids = new Set<string>();
  for (const { virtualHosts } of resources.route.values())
    for (const { routes } of virtualHosts) for (const { rule } of routes) ids.add(rule);
  for (const { tcp, tlsServers = [] } of resources.listener.values())
    for (const routes of [tcp, ...tlsServers.map((server) => server.tcp)])
      for (const { rule = '' } of routes ?? []) ids.add(rule);
  for (const { name } of resources.authorization.values()) ids.add(policyId(name));
  const places: Record<string, string> = {};
  for (const id of ids) {
    const found = findRule(id);
    if (found !== null) places[id] = `${found.file}:${found.line}`;
  }
  return places;
}

function policyId(qualified: string): string {
  const [namespace = '', name = ''] = qualified.split('/');
  return ruleId({ kind: 'AuthorizationPolicy', namespace, name });
}
