import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';

/** Delegates that are named but missing, have hosts of their own, or that nobody names. */
export function checkDelegates(view: MeshView, report: Report): void {
  const named = new Set<string>();
  for (const rule of view.of('VirtualService')) {
    (rule.spec.http ?? []).forEach(({ delegate }, index) => {
      if (delegate === undefined) return;
      const { name = '', namespace = rule.namespace } = delegate;
      named.add(`${namespace}/${name}`);
      const path = ['spec', 'http', index, 'delegate'];
      const target = view.find('VirtualService', namespace, name);
      if (target === undefined)
        report.error(
          rule,
          'IST0101',
          path,
          `Referenced delegate not found: "${namespace}/${name}"`,
          'Define a VirtualService of that name, without hosts.',
        );
      else if ((target.spec.hosts ?? []).length > 0)
        report.error(
          rule,
          'IST0101',
          path,
          `${namespace}/${name} has hosts of its own, so it is no delegate`,
          'Remove its hosts.',
        );
    });
  }
  for (const rule of view.of('VirtualService')) {
    if ((rule.spec.hosts ?? []).length > 0 || named.has(`${rule.namespace}/${rule.name}`)) continue;
    report.warn(
      rule,
      'LAT0201',
      ['spec'],
      'a VirtualService without hosts is a delegate, and none delegates to this one',
      'Did you forget the hosts? Add `hosts: [...]`.',
    );
  }
}
