import type { RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../model/route.ts';
import {
  createHeaderMatcher,
  createQueryMatcher,
  type RequestMatcher,
  type RequestView,
} from './header-matcher.ts';
import { createPathMatcher, pathOf } from './path-matcher.ts';
import type { StringMatcher } from './string-match.ts';

/**
 * Routing as a pure function. The host is found exact first, then by the longest wildcard, then `*`; inside it the
 * first route that matches wins, specific or not (Envoy's route configuration).
 */
export interface RouteTable<Entry> {
  readonly name: string;
  /** Calls of gRPC-Web are turned into gRPC. */
  readonly isGrpcWeb: boolean;
  readonly exact: ReadonlyMap<string, VirtualHostTable<Entry>>;
  /** `.example.com` for `*.example.com`, longest first. */
  readonly suffixes: readonly { readonly suffix: string; readonly host: VirtualHostTable<Entry> }[];
  readonly any: VirtualHostTable<Entry> | null;
  /**
   * What was found last: most callers ask one host many times. A look into a map with a text that was just received
   * first makes the text known to the whole engine, and costs a multiple of comparing it.
   */
  readonly latest: { authority: string; host: VirtualHostTable<Entry> | null };
}

export interface VirtualHostTable<Entry> {
  readonly spec: VirtualHostSpec;
  readonly routes: readonly RouteRow<Entry>[];
}

interface RouteRow<Entry> {
  readonly path: StringMatcher | null;
  readonly conditions: readonly RequestMatcher[];
  readonly entry: Entry;
}

export interface RouteMatch<Entry> {
  readonly host: VirtualHostTable<Entry> | null;
  /** null = no host, or no route in it: 404 with flag NR. */
  readonly entry: Entry | null;
}

/** `createEntry` makes what the caller wants back for a matched route, once at apply time. */
export function createRouteTable<Entry>(
  spec: RouteConfigSpec,
  createEntry: (route: RouteSpec, host: VirtualHostSpec) => Entry,
): RouteTable<Entry> {
  const exact = new Map<string, VirtualHostTable<Entry>>();
  const suffixes: { suffix: string; host: VirtualHostTable<Entry> }[] = [];
  let any: VirtualHostTable<Entry> | null = null;
  for (const virtualHost of spec.virtualHosts) {
    const host: VirtualHostTable<Entry> = {
      spec: virtualHost,
      routes: virtualHost.routes.map((route) => createRow(route, createEntry(route, virtualHost))),
    };
    for (const domain of virtualHost.domains) {
      if (domain === '*') any ??= host;
      else if (domain.startsWith('*')) suffixes.push({ suffix: domain.slice(1), host });
      else if (!exact.has(domain)) exact.set(domain, host);
    }
  }
  suffixes.sort((a, b) => b.suffix.length - a.suffix.length);
  const latest = { authority: '*', host: any };
  return { name: spec.name, isGrpcWeb: spec.isGrpcWeb === true, exact, suffixes, any, latest };
}

function createRow<Entry>(route: RouteSpec, entry: Entry): RouteRow<Entry> {
  const { path, headers, queryParams } = route.match;
  return {
    path: path === null ? null : createPathMatcher(path),
    conditions: [...headers.map(createHeaderMatcher), ...queryParams.map(createQueryMatcher)],
    entry,
  };
}

export function matchRoute<Entry>(table: RouteTable<Entry>, request: RequestView): RouteMatch<Entry> {
  const host = findHost(table, request.head.authority);
  if (host === null) return { host: null, entry: null };
  const path = pathOf(request.path);
  for (const row of host.routes) {
    if (row.path !== null && !row.path(path)) continue;
    if (row.conditions.length > 0 && !row.conditions.every((matches) => matches(request))) continue;
    return { host, entry: row.entry };
  }
  return { host, entry: null };
}

function findHost<Entry>(table: RouteTable<Entry>, authority: string): VirtualHostTable<Entry> | null {
  const { latest } = table;
  if (latest.authority !== authority) {
    latest.host = lookUpHost(table, authority);
    latest.authority = authority;
  }
  return latest.host;
}

function lookUpHost<Entry>(table: RouteTable<Entry>, authority: string): VirtualHostTable<Entry> | null {
  const known = table.exact.get(authority);
  if (known !== undefined) return known;
  const name = hostOf(authority).toLowerCase();
  const exact = table.exact.get(name);
  if (exact !== undefined) return exact;
  for (const { suffix, host } of table.suffixes) {
    if (name.length > suffix.length && name.endsWith(suffix)) return host;
  }
  return table.any;
}

/** Without port: the port of Host is ignored (Istio's `ignore_port_in_host_matching`). */
export function hostOf(authority: string): string {
  if (authority.startsWith('[')) return authority.slice(0, authority.indexOf(']') + 1) || authority;
  const colon = authority.lastIndexOf(':');
  return colon < 0 || authority.indexOf(':') !== colon ? authority : authority.slice(0, colon);
}
