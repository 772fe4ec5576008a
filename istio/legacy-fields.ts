import { z } from 'zod';
import type { FieldPath } from './field-path.ts';
import { schemaAt } from './schema-walk.ts';

/**
 * What older versions of Istio took and today's words mean as well: read as what it means, and said in a warning. What
 * has no place today is refused by the schema, and `GONE_FIELDS` tells its successor.
 */
export interface LegacyNote {
  readonly path: FieldPath;
  readonly message: string;
  readonly remedy: string;
}

export interface Modernised {
  /** The same object where nothing is old. */
  readonly spec: unknown;
  readonly notes: readonly LegacyNote[];
}

/** Fields of 2018 that are gone → where their meaning is today. */
export const GONE_FIELDS: ReadonlyMap<string, string> = new Map([
  ['appendHeaders', 'Write it as `headers: { request: { add: { … } } }`.'],
  ['appendRequestHeaders', 'Write it as `headers: { request: { add: { … } } }`.'],
  ['appendResponseHeaders', 'Write it as `headers: { response: { add: { … } } }`.'],
  ['removeRequestHeaders', 'Write it as `headers: { request: { remove: […] } }`.'],
  ['removeResponseHeaders', 'Write it as `headers: { response: { remove: […] } }`.'],
  ['percent', 'Write it as `percentage: { value: … }`.'],
  ['httpReqTimeout', 'Write it as `timeout: …`.'],
  ['httpReqRetries', 'Write it as `retries: { attempts: … }`.'],
  ['httpFault', 'Write it as `fault: { … }`.'],
  ['maxConnection', 'Did you mean "maxConnections", below "tcp"?'],
  ['http2MaxRequest', 'Did you mean "http2MaxRequests"?'],
]);

type Fields = Readonly<Record<string, unknown>>;

export function modernise(kind: string, schema: z.ZodType, spec: unknown): Modernised {
  const notes: LegacyNote[] = [];
  const renamed = renameOldFields(kind, spec);
  const plain = kind === 'VirtualService' ? dropWebsocketUpgrade(renamed, notes) : renamed;
  const modern = OF_NETWORKING.has(kind) ? unquotePorts(plain, schema, [], notes) : plain;
  return { spec: modern, notes };
}

/**
 * The two snake_case names that Istio's own CRDs still accept (`x-kubernetes` aliases of the camelCase ones); all
 * other snake_case is refused by an API server, and here.
 */
const OLD_NAMES: Readonly<
  Record<string, { readonly list: string; readonly from: string; readonly to: string }>
> = {
  VirtualService: { list: 'http', from: 'mirror_percent', to: 'mirrorPercent' },
  RequestAuthentication: { list: 'jwtRules', from: 'jwks_uri', to: 'jwksUri' },
};

function renameOldFields(kind: string, spec: unknown): unknown {
  const old = OLD_NAMES[kind];
  if (old === undefined) return spec;
  return mapItems(spec, old.list, (item) => {
    if (!(old.from in item)) return item;
    const { [old.from]: value, ...rest } = item;
    return { ...rest, [old.to]: value };
  });
}

/** HTTPRoute.websocket_upgrade of v1alpha3: a connection that asks for an upgrade gets it today. */
function dropWebsocketUpgrade(spec: unknown, notes: LegacyNote[]): unknown {
  return mapItems(spec, 'http', (route, index) => {
    if (!('websocketUpgrade' in route)) return route;
    const { websocketUpgrade: _, ...rest } = route;
    notes.push({
      path: ['http', index, 'websocketUpgrade'],
      message: 'websocketUpgrade is gone: WebSockets need no field today',
      remedy: 'Remove it.',
    });
    return rest;
  });
}

const OF_NETWORKING: ReadonlySet<string> = new Set([
  'VirtualService',
  'DestinationRule',
  'Gateway',
  'ServiceEntry',
  'Sidecar',
]);
const PORT_FIELDS = ['number', 'port', 'targetPort'];

/** protobuf's JSON takes numbers in quotes, and so did Istio; an API server's schema does not. */
function unquotePorts(value: unknown, schema: z.ZodType, path: FieldPath, notes: LegacyNote[]): unknown {
  if (Array.isArray(value))
    return keepIfSame(
      value,
      value.map((item, index) => unquotePorts(item, schema, [...path, index], notes)),
    );
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const at = [...path, key];
    if (!isQuotedPort(key, inner, schemaAt(schema, at))) return [key, unquotePorts(inner, schema, at, notes)];
    notes.push({ path: at, message: `${key} is a number in quotes`, remedy: `Write ${key}: ${inner}.` });
    return [key, Number(inner)];
  });
  const isSame = entries.every(([key, inner]) => value[String(key)] === inner);
  return isSame ? value : Object.fromEntries(entries);
}

const isQuotedPort = (key: string, value: unknown, schema: z.ZodType) =>
  PORT_FIELDS.includes(key) &&
  typeof value === 'string' &&
  /^\d{1,5}$/.test(value) &&
  schema instanceof z.ZodNumber;

const keepIfSame = (before: readonly unknown[], after: readonly unknown[]) =>
  after.every((item, index) => item === before[index]) ? before : after;

/** A list's mappings, each changed; the same spec where none is. */
function mapItems(spec: unknown, list: string, change: (item: Fields, index: number) => Fields): unknown {
  if (!isMapping(spec)) return spec;
  const items = spec[list];
  if (!Array.isArray(items)) return spec;
  const changed = items.map((item: unknown, index) => (isMapping(item) ? change(item, index) : item));
  return keepIfSame(items, changed) === items ? spec : { ...spec, [list]: changed };
}

function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
