import type { HttpRoute } from '../schema/virtual-service.ts';
import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';

/**
 * Rewrites of a prefix that leave two slashes, or none, between what is new and what is kept (LAT0202). Envoy's
 * `prefix_rewrite` replaces just the prefix: `/v1` → `/` makes `//items` of `/v1/items`.
 */
export function checkRewrites(view: MeshView, report: Report): void {
  for (const rule of view.of('VirtualService')) {
    (rule.spec.http ?? []).forEach((route, index) => {
      const [fault] = faultsOf(route);
      if (fault === undefined) return;
      const path = ['spec', 'http', index, 'rewrite', 'uri'];
      report.warn(rule, 'LAT0202', path, fault.message, fault.remedy);
    });
  }
}

function faultsOf({ match, rewrite }: HttpRoute): { message: string; remedy: string }[] {
  const uri = rewrite?.uri;
  if (uri === undefined || uri.trim() === '') return [];
  return (match ?? []).flatMap((each) => {
    const prefix = each?.uri?.prefix;
    if (prefix === undefined || prefix.endsWith('/') === uri.endsWith('/')) return [];
    const sample = `${prefix.replace(/\/$/, '')}/items`;
    const message = `the prefix ${prefix} is replaced as it is: ${sample} becomes ${uri}${sample.slice(prefix.length)}`;
    const remedy = uri.endsWith('/')
      ? `Match \`prefix: ${prefix}/\` instead of ${prefix}, and \`exact: ${prefix}\` in a match of its own.`
      : `Write \`uri: ${uri}/\`.`;
    return [{ message, remedy }];
  });
}
