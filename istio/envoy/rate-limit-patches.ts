import { outboundClusterName } from '../../model/names.ts';
import type { FieldPath } from '../field-path.ts';
import type { ConfigPatch, EnvoyFilterSpec, PatchMatch } from '../schema/envoy-filter.ts';
import { checkSchema, type SchemaFault } from '../schema-violations.ts';
import {
  type GlobalRateLimit,
  globalRateLimit,
  type LocalRateLimit,
  loadAssignment,
  localRateLimit,
  type RateLimit,
  rateLimits,
} from './rate-limit-schema.ts';

/**
 * The patches of an EnvoyFilter that limit rates, as Istio's rate-limit task writes them, and what is left of the
 * others. Everything else in an EnvoyFilter is configuration of another proxy.
 */
export interface RateLimitPatches {
  readonly patches: readonly RateLimitPatch[];
  /** What has no effect, with the place where it stands. */
  readonly ignored: readonly IgnoredPart[];
  /** A fault hides the patch that it is in. */
  readonly faults: readonly SchemaFault[];
}

export interface IgnoredPart {
  readonly path: FieldPath;
  readonly what: string;
}

/** `path` leads from `spec` to what `config` or `rates` was read from. */
export type RateLimitPatch =
  | (PatchPlace & {
      readonly kind: 'local-filter';
      readonly config: LocalRateLimit;
      readonly order: PatchOrder;
    })
  | (PatchPlace & {
      readonly kind: 'global-filter';
      readonly config: GlobalRateLimit;
      readonly order: PatchOrder;
    })
  | (PatchPlace & {
      readonly kind: 'rates';
      readonly level: RouteLevel;
      readonly rates: readonly RateLimit[];
    })
  | (PatchPlace & {
      readonly kind: 'local-of-route';
      readonly level: RouteLevel;
      readonly config: LocalRateLimit;
    })
  | (PatchPlace & { readonly kind: 'includes-host-rates' });

interface PatchPlace {
  /** Index in `configPatches`. */
  readonly index: number;
  readonly path: FieldPath;
  readonly match: PatchMatch;
}

export type RouteLevel = 'config' | 'host' | 'route';
/** Where a filter is put in: before all others, or before the router. */
export type PatchOrder = 'first' | 'last';

const LOCAL = 'envoy.filters.http.local_ratelimit';
const GLOBAL = 'envoy.filters.http.ratelimit';
const LOCAL_TYPE = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
const GLOBAL_TYPE = 'envoy.extensions.filters.http.ratelimit.v3.RateLimit';
const LEVELS: Readonly<Record<string, RouteLevel>> = {
  ...{ ROUTE_CONFIGURATION: 'config', VIRTUAL_HOST: 'host', HTTP_ROUTE: 'route' },
};

export function readRateLimitPatches({ configPatches = [] }: EnvoyFilterSpec): RateLimitPatches {
  const reader = new PatchReader();
  configPatches.forEach((patch, index) => {
    reader.read(patch, index);
  });
  reader.nameClusters();
  return reader;
}

type Fields = Readonly<Record<string, unknown>>;

class PatchReader implements RateLimitPatches {
  readonly patches: RateLimitPatch[] = [];
  readonly ignored: IgnoredPart[] = [];
  readonly faults: SchemaFault[] = [];
  readonly #clusters: { readonly index: number; readonly value: Fields }[] = [];

  /**
   * Istio's task of old added a cluster for the service that counts, under a name of its own: it is the cluster that the
   * mesh has of that service anyway.
   */
  nameClusters(): void {
    for (const { index, value } of this.#clusters) {
      const target = serviceClusterOf(value);
      const users = this.patches.filter(
        (patch) => patch.kind === 'global-filter' && clusterNameOf(patch.config) === value['name'],
      );
      if (target === null || users.length === 0)
        this.#ignore(['configPatches', index], nameOf('CLUSTER', 'ADD', value));
      else for (const user of users) this.patches[this.patches.indexOf(user)] = withCluster(user, target);
    }
  }

  read({ applyTo, match = {}, patch = {} }: ConfigPatch, index: number): void {
    const { operation = '', value = {}, filterClass } = patch;
    const place = { index, match, path: ['configPatches', index, 'patch', 'value'] };
    const level = LEVELS[applyTo ?? ''];
    if (applyTo === 'HTTP_FILTER' && isInsertion(operation)) {
      this.#readFilter(place, value, orderOf(operation, match, filterClass));
    } else if (level !== undefined && operation === 'MERGE') this.#readRoute(place, value, level);
    else if (applyTo === 'CLUSTER' && operation === 'ADD') this.#clusters.push({ index, value });
    else this.#ignore(['configPatches', index], nameOf(applyTo, operation, value));
  }

  #ignore(path: FieldPath, what: string): void {
    this.ignored.push({ path, what });
  }

  #readFilter(place: PatchPlace, value: Fields, order: PatchOrder): void {
    const { name, typed_config: typedConfig, ...rest } = value;
    const { type, content, path } = unpack(typedConfig, [...place.path, 'typed_config']);
    const at = { ...place, path };
    if (type === LOCAL_TYPE || (type === '' && name === LOCAL)) {
      const config = this.#check<LocalRateLimit>(localRateLimit, content, path);
      if (config !== null) this.patches.push({ ...at, kind: 'local-filter', config, order });
    } else if (type === GLOBAL_TYPE || (type === '' && name === GLOBAL)) {
      const config = this.#check<GlobalRateLimit>(globalRateLimit, content, path);
      if (config !== null) this.patches.push({ ...at, kind: 'global-filter', config, order });
    } else {
      this.#ignore(['configPatches', place.index], nameOf('HTTP_FILTER', '', value));
      return;
    }
    this.#ignoreAll(rest, place.path);
  }

  #readRoute(place: PatchPlace, value: Fields, level: RouteLevel): void {
    const { rate_limits: rates, typed_per_filter_config: filters, route, ...rest } = value;
    if (rates !== undefined)
      this.#readRates({ ...place, path: [...place.path, 'rate_limits'] }, level, rates);
    if (isFields(filters)) this.#readFilterConfigs(place, level, filters);
    else if (filters !== undefined) this.#ignoreAll({ typed_per_filter_config: filters }, place.path);
    if (isFields(route)) this.#readAction(place, route);
    else if (route !== undefined) this.#ignoreAll({ route }, place.path);
    this.#ignoreAll(rest, place.path);
  }

  #readRates(place: PatchPlace, level: RouteLevel, value: unknown): void {
    const rates = this.#check<readonly RateLimit[]>(rateLimits, value, place.path);
    if (rates !== null) this.patches.push({ ...place, kind: 'rates', level, rates });
  }

  /** `route.rate_limits` are those of a route; a virtual host's and an older shape stand one level higher. */
  #readAction(place: PatchPlace, route: Fields): void {
    const { rate_limits: rates, include_vh_rate_limits: includes, ...rest } = route;
    const path = [...place.path, 'route'];
    if (rates !== undefined) this.#readRates({ ...place, path: [...path, 'rate_limits'] }, 'route', rates);
    if (includes === true) this.patches.push({ ...place, kind: 'includes-host-rates' });
    this.#ignoreAll(rest, path);
  }

  #readFilterConfigs(place: PatchPlace, level: RouteLevel, filters: Fields): void {
    for (const [name, packed] of Object.entries(filters)) {
      const at = [...place.path, 'typed_per_filter_config', name];
      const { type, content, path } = unpack(packed, at);
      if (name !== LOCAL || (type !== LOCAL_TYPE && type !== '')) {
        this.#ignore(at, name);
        continue;
      }
      const config = this.#check<LocalRateLimit>(localRateLimit, content, path);
      if (config !== null) this.patches.push({ ...place, path, kind: 'local-of-route', level, config });
    }
  }

  #ignoreAll(rest: Fields, path: FieldPath): void {
    for (const field of Object.keys(rest)) this.#ignore([...path, field], field);
  }

  #check<Config>(schema: Parameters<typeof checkSchema>[0], value: unknown, path: FieldPath): Config | null {
    const faults = checkSchema(schema, value, path);
    this.faults.push(...faults);
    return faults.length === 0 ? (value as Config) : null;
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isInsertion = (operation: string) => operation === 'ADD' || operation.startsWith('INSERT_');

/** Filters that come first in Istio's order: what is put in before them, or before nothing in particular, is first. */
const EARLY_FILTERS = /jwt_authn|rbac|istio_authn|ext_authz|metadata_exchange|peer_metadata|alpn/;

function orderOf(operation: string, match: PatchMatch, filterClass: string | undefined): PatchOrder {
  const before = match.listener?.filterChain?.filter?.subFilter?.name ?? '';
  if (filterClass === 'AUTHN') return 'first';
  if (filterClass === 'AUTHZ' || filterClass === 'STATS') return 'last';
  if (operation === 'INSERT_FIRST') return 'first';
  // Without a place it is put at the beginning, `ADD` puts it at the end.
  if (operation === 'INSERT_BEFORE' && (before === '' || EARLY_FILTERS.test(before))) return 'first';
  return 'last';
}

/** A message in an Any: its type, and its fields where they stand. `TypedStruct` holds them one level deeper. */
function unpack(packed: unknown, path: FieldPath): { type: string; content: unknown; path: FieldPath } {
  if (!isFields(packed)) return { type: '', content: packed ?? {}, path };
  const { '@type': url = '', type_url: typeUrl, value, ...content } = packed;
  if (String(url).endsWith('TypedStruct'))
    return { type: typeOf(typeUrl), content: value ?? {}, path: [...path, 'value'] };
  return { type: typeOf(url), content, path };
}

const typeOf = (url: unknown) => String(url ?? '').replace(/^.*\//, '');

function nameOf(applyTo: string | undefined, operation: string, value: Fields): string {
  const name = typeof value['name'] === 'string' ? ` ${value['name']}` : '';
  return [operation, applyTo].filter((word) => word !== undefined && word !== '').join(' ') + name;
}

const clusterNameOf = ({ rate_limit_service: service }: GlobalRateLimit) =>
  service?.grpc_service?.envoy_grpc?.cluster_name;

function withCluster(patch: RateLimitPatch, cluster: string): RateLimitPatch {
  if (patch.kind !== 'global-filter') return patch;
  const { rate_limit_service: service } = patch.config;
  const envoyGrpc = { ...service?.grpc_service?.envoy_grpc, cluster_name: cluster };
  const grpc = { ...service?.grpc_service, envoy_grpc: envoyGrpc };
  return { ...patch, config: { ...patch.config, rate_limit_service: { ...service, grpc_service: grpc } } };
}

/** `load_assignment` with the one address of a service; null = of anything else. */
function serviceClusterOf({ load_assignment: assignment }: Fields): string | null {
  const read = loadAssignment.safeParse(assignment);
  if (!read.success) return null;
  const addresses = read.data.endpoints.flatMap(({ lb_endpoints: each }) =>
    each.map(({ endpoint }) => endpoint.address.socket_address),
  );
  const [first, second] = addresses;
  if (first === undefined || second !== undefined) return null;
  return outboundClusterName(first.port_value, '', first.address);
}
