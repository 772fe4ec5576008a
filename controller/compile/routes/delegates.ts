import { resolveShortName } from '../../../istio/host.ts';
import type { Resource } from '../../../istio/resource.ts';
import type {
  Destination,
  HttpMatch,
  HttpRoute,
  StringMatch,
  VirtualServiceSpec,
} from '../../../istio/schema/virtual-service.ts';
import { resolveGateway } from '../gateway/gateway-names.ts';
import { exportToOf, isVisible } from '../visibility.ts';
import type { WorldIndex } from '../world-index.ts';

type VirtualService = Resource<VirtualServiceSpec>;

/** An HTTP rule, and where it is written: a delegate's rules act as rules of the root, but are another document's. */
export interface HttpRule {
  readonly rule: HttpRoute;
  readonly source: VirtualService;
  /** Index in the `http` of its source. */
  readonly index: number;
}

/** The rules of one VirtualService with those of its delegates in their place (ISTIO.md §1.6). */
export function httpRulesOf(index: WorldIndex, root: VirtualService): readonly HttpRule[] {
  return index.shared.get(`http rules ${root.namespace}/${root.name}`, () =>
    joinDelegates(
      root,
      (namespace, name) => delegatesOf(index).get(`${namespace}/${name}`),
      index.world.mesh.defaultVirtualServiceExportTo,
    ),
  );
}

/** VirtualServices without hosts; nothing but a root leads to them. */
function delegatesOf(index: WorldIndex): ReadonlyMap<string, VirtualService> {
  return index.shared.get('delegates', () => {
    const delegates = index.virtualServices.filter(({ spec }) => (spec.hosts ?? []).length === 0);
    return new Map(delegates.map((each) => [`${each.namespace}/${each.name}`, each]));
  });
}

/** A delegate that is missing, or not exported to the root's namespace, takes only its own entry away. */
export function joinDelegates(
  root: VirtualService,
  find: (namespace: string, name: string) => VirtualService | undefined,
  defaultExportTo: readonly string[] = ['*'],
): HttpRule[] {
  return (root.spec.http ?? []).flatMap((rule, index): HttpRule[] => {
    const { delegate, ...own } = rule;
    if (delegate === undefined) return [{ rule, source: root, index }];
    const leaf = find(delegate.namespace || root.namespace, delegate.name ?? '');
    if (leaf === undefined) return [];
    const exportTo = exportToOf(leaf.spec.exportTo, defaultExportTo);
    if (!isVisible(exportTo, leaf.namespace, root.namespace)) return [];
    const qualified = qualify(own, root.namespace);
    return (leaf.spec.http ?? []).flatMap((each, leafIndex): HttpRule[] => {
      const joined = joinRules(qualified, qualify(each, leaf.namespace));
      return joined === null ? [] : [{ rule: joined, source: leaf, index: leafIndex }];
    });
  });
}

/** Short names mean the namespace of the document that they stand in, so they are completed before rules are joined. */
function qualify(rule: HttpRoute, namespace: string): HttpRoute {
  const complete = (destination: Destination | undefined): Destination | undefined =>
    destination?.host === undefined
      ? destination
      : { ...destination, host: resolveShortName(destination.host, namespace) };
  const { match, route, mirror, mirrors } = rule;
  return {
    ...rule,
    ...(match && {
      match: match.map((each) =>
        each?.gateways === undefined
          ? each
          : { ...each, gateways: each.gateways.map((gateway) => resolveGateway(gateway, namespace)) },
      ),
    }),
    ...(route && { route: route.map((each) => ({ ...each, destination: complete(each.destination) })) }),
    ...(mirror && { mirror: complete(mirror) }),
    ...(mirrors && {
      mirrors: mirrors.map((each) => ({ ...each, destination: complete(each.destination) })),
    }),
  };
}

/** What the delegate's rule says holds; what it leaves open is the root's. null = their matches never meet. */
function joinRules(root: HttpRoute, leaf: HttpRoute): HttpRoute | null {
  const match = joinMatches(root.match ?? [], leaf.match ?? []);
  return match === null ? null : { ...root, ...leaf, match, name: joinNames(root.name, leaf.name) };
}

function joinNames(root: string | undefined, leaf: string | undefined): string | undefined {
  return root && leaf ? `${root}-${leaf}` : leaf || root;
}

/**
 * Every match of the delegate with every match of the root that does not contradict it. One that meets none of them
 * takes its whole rule away.
 */
function joinMatches(
  roots: readonly (HttpMatch | null)[],
  leaves: readonly (HttpMatch | null)[],
): HttpMatch[] | null {
  const own = leaves.map((leaf) => leaf ?? {});
  const given = roots.map((root) => root ?? {});
  if (given.length === 0) return own;
  if (own.length === 0) return given;
  const joined: HttpMatch[] = [];
  for (const leaf of own) {
    const fitting = given.filter((root) => !contradict(root, leaf));
    if (fitting.length === 0) return null;
    joined.push(...fitting.map((root) => joinMatch(root, leaf)));
  }
  return joined;
}

function joinMatch(root: HttpMatch, leaf: HttpMatch): HttpMatch {
  return {
    ...root,
    ...leaf,
    name: joinNames(root.name, leaf.name),
    headers: { ...root.headers, ...leaf.headers },
    withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
    queryParams: { ...root.queryParams, ...leaf.queryParams },
    sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
    port: leaf.port || root.port,
    sourceNamespace: leaf.sourceNamespace || root.sourceNamespace,
    gateways: leaf.gateways?.length ? leaf.gateways : root.gateways,
  };
}

const TEXTS = ['uri', 'scheme', 'method', 'authority'] as const;
const MAPS = ['headers', 'withoutHeaders', 'queryParams'] as const;

/** Istio's hasConflict: the delegate may only narrow what the root matches. */
function contradict(root: HttpMatch, leaf: HttpMatch): boolean {
  return (
    TEXTS.some((field) => textsContradict(root[field], leaf[field])) ||
    MAPS.some((field) =>
      Object.entries(leaf[field] ?? {}).some(([key, value]) => textsContradict(root[field]?.[key], value)),
    ) ||
    (root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false) ||
    (Boolean(root.port) && Boolean(leaf.port) && root.port !== leaf.port) ||
    sourcesContradict(root, leaf)
  );
}

/** The namespace is stricter than the labels: a root that names one wants it named in the delegate too. */
function sourcesContradict(root: HttpMatch, leaf: HttpMatch): boolean {
  const gateways = root.gateways ?? [];
  return (
    (Boolean(root.sourceNamespace) && leaf.sourceNamespace !== root.sourceNamespace) ||
    Object.entries(leaf.sourceLabels ?? {}).some(
      ([key, value]) => root.sourceLabels?.[key] !== undefined && root.sourceLabels[key] !== value,
    ) ||
    (gateways.length > 0 && (leaf.gateways ?? []).some((gateway) => !gateways.includes(gateway)))
  );
}

/** Whether both say something of one property, and the delegate's part does not surely lie within the root's. */
function textsContradict(
  root: StringMatch | null | undefined,
  leaf: StringMatch | null | undefined,
): boolean {
  if (!root || !leaf) return false;
  if (root.exact) return leaf.exact !== root.exact;
  if (root.prefix) {
    const narrower = leaf.prefix || leaf.exact;
    return !narrower?.startsWith(root.prefix);
  }
  return true;
}
