import type { PreviewView, ViolationView } from '../../model/console.ts';

type Change = PreviewView['proxies'][number]['changes'][number];

/** Proxies that would change alike, together: a rule most often means the same to all callers. */
export interface ProxyGroup {
  readonly proxies: readonly string[];
  readonly changes: readonly Change[];
}

export function groupProxies(proxies: PreviewView['proxies']): ProxyGroup[] {
  const groups = new Map<string, { proxies: string[]; changes: readonly Change[] }>();
  for (const { proxy, changes } of proxies) {
    if (changes.length === 0) continue;
    const key = JSON.stringify(changes);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { proxies: [proxy], changes });
    else group.proxies.push(proxy);
  }
  return [...groups.values()].sort((a, b) => b.proxies.length - a.proxies.length);
}

/** Violations elsewhere that are not there now. */
export function newElsewhere(
  preview: PreviewView,
  file: string,
  known: readonly ViolationView[],
): readonly ViolationView[] {
  const key = ({ code, file: where, resource, path, message }: ViolationView) =>
    JSON.stringify([code, where, resource, path, message]);
  const before = new Set(known.map(key));
  return preview.violations.filter((violation) => violation.file !== file && !before.has(key(violation)));
}
