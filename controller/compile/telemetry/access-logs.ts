import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type { ExtensionProvider } from '../../../istio/schema/extension-provider.ts';
import type { TelemetrySpec } from '../../../istio/schema/telemetry.ts';
import { outboundClusterName } from '../../../model/names.ts';
import type {
  AccessLogFormatSpec,
  AccessLogSpec,
  AccessLogsSpec,
  JsonTemplate,
  TrafficSide,
} from '../../../model/telemetry.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { providerHost } from './provider-host.ts';
import { isForSide, providerNames, telemetriesOf } from './telemetries.ts';

type Entry = NonNullable<TelemetrySpec['accessLogging']>[number];

/** The provider that every mesh has, in MeshConfig's format. */
const BUILT_IN = 'envoy';
/** Istio's, of logs for OpenTelemetry. */
const DEFAULT_LOG_NAME = 'otel_envoy_accesslog';

/** Where to and how a proxy logs, by Telemetry; without any and without default providers by MeshConfig's old fields. */
export function compileAccessLogs(index: WorldIndex, proxy: Workload): AccessLogsSpec {
  const { mesh } = index.world;
  const levels = telemetriesOf(index, proxy)
    .map(({ spec }) => spec.accessLogging ?? [])
    .filter((entries) => entries.length > 0);
  if (levels.length === 0 && mesh.defaultProviders.accessLogging.length === 0) {
    const logs = mesh.accessLogFile === '' ? [] : [builtIn(mesh, mesh.accessLogFile)];
    return { client: logs, server: logs };
  }
  const logsOf = (side: TrafficSide) =>
    [...mergeLevels(levels, mesh.defaultProviders.accessLogging, side)].flatMap(([name, filter]) => {
      const log = createLog(mesh, name);
      return log === null ? [] : [{ ...log, filter }];
    });
  return { client: logsOf('client'), server: logsOf('server') };
}

/**
 * Which providers log, each with its filter (`mergeLogs` of pilot/pkg/model/telemetry.go): the lowest level that names
 * providers decides which there are; each entry, in order, turns those it names (or the entry before it) on or off.
 */
function mergeLevels(
  levels: readonly (readonly Entry[])[],
  defaults: readonly string[],
  side: TrafficSide,
): ReadonlyMap<string, string> {
  if (levels.length === 0) return new Map(defaults.map((name) => [name, '']));
  const filters = new Map<string, string>();
  let inScope: readonly string[] = defaults;
  for (const entries of levels) {
    const mine = entries.filter(({ match }) => isForSide(match, side));
    for (const { providers, filter } of mine)
      for (const name of providerNames(providers)) filters.set(name, filter?.expression ?? '');
    const names = mine.flatMap(({ providers }) => providerNames(providers));
    if (names.length > 0) inScope = names;
  }
  const logging = new Map<string, string>();
  let before: readonly string[] = defaults;
  for (const { providers, match, disabled } of levels.flat()) {
    const own = providerNames(providers);
    const names = own.length > 0 ? own : before;
    before = names;
    if (!isForSide(match, side)) continue;
    for (const name of names.filter((each) => inScope.includes(each))) {
      if (disabled === true) logging.delete(name);
      // The filter that was named last for the provider, even below: Istio's own order.
      else logging.set(name, filters.get(name) ?? '');
    }
  }
  return logging;
}

/** null = the mesh has no such provider, or one of a kind that cannot log here (told by the analysis). */
function createLog(mesh: MeshConfig, name: string): AccessLogSpec | null {
  const provider = mesh.extensionProviders.find((each) => each.name?.toLowerCase() === name.toLowerCase());
  if (provider === undefined) return name === BUILT_IN ? builtIn(mesh, '/dev/stdout') : null;
  if (provider.envoyOtelAls !== undefined) return toCollector(name, provider.envoyOtelAls);
  const file = provider.envoyFileAccessLog;
  if (file === undefined) return null;
  if (name === BUILT_IN && file.logFormat === undefined) return builtIn(mesh, file.path ?? '/dev/stdout');
  return {
    provider: name,
    output: outputOf(file.path ?? '/dev/stdout'),
    format: formatOf(file.logFormat),
    omitsEmpty: file.omitEmptyValues ?? false,
    filter: '',
  };
}

/** The text is the body of an entry, and labels are its attributes. */
function toCollector(provider: string, als: NonNullable<ExtensionProvider['envoyOtelAls']>): AccessLogSpec {
  const authority = providerHost(als.service ?? '');
  return {
    ...{ provider, output: 'stdout', omitsEmpty: false, filter: '' },
    format: { kind: 'text', text: als.logFormat?.text || null },
    collector: {
      ...{ cluster: outboundClusterName(als.port ?? 0, '', authority), authority },
      logName: als.logName || DEFAULT_LOG_NAME,
      attributes: (als.logFormat?.labels ?? {}) as JsonTemplate,
    },
  };
}

function builtIn(mesh: MeshConfig, path: string): AccessLogSpec {
  return {
    provider: BUILT_IN,
    output: outputOf(path),
    format: meshFormat(mesh),
    omitsEmpty: false,
    filter: '',
  };
}

/** Other files are no use in an agent, whose file system is read-only: what is meant for them goes to standard output. */
const outputOf = (path: string) => (path === '/dev/stderr' ? 'stderr' : 'stdout');

function meshFormat({ accessLogFormat: format, accessLogEncoding }: MeshConfig): AccessLogFormatSpec {
  if (accessLogEncoding === 'JSON')
    return { kind: 'json', fields: format === '' ? null : parseTemplate(format) };
  return { kind: 'text', text: format === '' ? null : format };
}

function formatOf(
  format: NonNullable<ExtensionProvider['envoyFileAccessLog']>['logFormat'],
): AccessLogFormatSpec {
  if (format?.labels !== undefined) return { kind: 'json', fields: format.labels as JsonTemplate };
  return { kind: 'text', text: format?.text ?? null };
}

/** A template that is no JSON object was refused with its document; Istio falls back to its default likewise. */
function parseTemplate(text: string): JsonTemplate | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as JsonTemplate) : null;
  } catch {
    return null;
  }
}
