import type { MeshConfig } from '../../../istio/mesh-config.ts';
import { proxyConfigOf } from '../../../istio/proxy-config.ts';
import type { ProxyConfig } from '../../../istio/schema/default-config.ts';
import type { ExtensionProvider } from '../../../istio/schema/extension-provider.ts';
import type { CustomTag, TelemetrySpec } from '../../../istio/schema/telemetry.ts';
import { LABEL } from '../../../model/labels.ts';
import { outboundClusterName } from '../../../model/names.ts';
import type {
  TraceExporterSpec,
  TraceHeaders,
  TracingBySide,
  TracingSpec,
  TrafficSide,
} from '../../../model/telemetry.ts';
import { milliseconds } from '../routes/http-policies.ts';
import { canonicalNames } from '../workload-specs.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { providerHost } from './provider-host.ts';
import { isForSide, providerNames, telemetriesOf } from './telemetries.ts';

type Entry = NonNullable<TelemetrySpec['tracing']>[number];
type HttpHeaders = NonNullable<NonNullable<ExtensionProvider['zipkin']>['headers']>;

/** The provider that every mesh has: the controller's own store of traces. */
const BUILT_IN = 'lateen';
const ZIPKIN_PATH = '/api/v2/spans';
const OTLP_PATH = '/v1/traces';
/** Envoy's own for its collectors, where a provider names none. */
const DEFAULT_TIMEOUT_MS = 5000;
/** Percent (PILOT_TRACE_SAMPLING). */
const DEFAULT_SAMPLING = 1;
/** Envoy's `max_path_tag_length`. */
const DEFAULT_TAG_LENGTH = 256;

interface Provider {
  readonly exporter: TraceExporterSpec;
  readonly headers: TraceHeaders;
  readonly maxTagLength: number;
}

/**
 * How a proxy traces (`Telemetries.Tracing` of pilot/pkg/model/telemetry.go): the entries in scope, the later over the
 * earlier, field by field, over MeshConfig's `defaultConfig.tracing`. null = nothing is traced.
 */
export function compileTracing(index: WorldIndex, proxy: Workload): TracingBySide | null {
  const { mesh } = index.world;
  const entries = telemetriesOf(index, proxy).flatMap(({ spec }) => spec.tracing ?? []);
  const [byDefault = mesh.enableTracing ? BUILT_IN : ''] = mesh.defaultProviders.tracing;
  const specOf = (side: TrafficSide) => {
    const mine = entries.filter(({ match }) => isForSide(match, side));
    const [name = byDefault] =
      mine.map(({ providers }) => providerNames(providers)).findLast((names) => names.length > 0) ?? [];
    const provider = findProvider(mesh, name);
    return provider === null ? null : createSpec(mesh, proxy, mine, provider);
  };
  // A gateway is a client of what it calls, whatever stands on its way in.
  const client = specOf('client');
  const server = proxy.proxy === 'gateway' ? null : specOf('server');
  return client === null && server === null ? null : { client, server };
}

function createSpec(
  mesh: MeshConfig,
  proxy: Workload,
  entries: readonly Entry[],
  provider: Provider,
): TracingSpec {
  const last = <Field extends keyof Entry>(field: Field) =>
    entries.findLast((entry) => entry[field] !== undefined)?.[field];
  const { tracing = {}, tracingServiceName } = proxyConfigOf(mesh.defaultConfig, proxy.labels);
  return {
    exporter: provider.exporter,
    headers: provider.headers,
    samplingPercentage: last('randomSamplingPercentage') ?? tracing.sampling ?? DEFAULT_SAMPLING,
    isReporting: !(last('disableSpanReporting') ?? false),
    usesRequestId: last('useRequestIdForTraceSampling') ?? true,
    isPropagating: !(last('disableContextPropagation') ?? false),
    tags: Object.fromEntries(
      Object.entries(last('customTags') ?? tracing.customTags ?? {}).map(([name, tag]) => [name, tagOf(tag)]),
    ),
    hasIstioTags: last('enableIstioTags') ?? tracing.enableIstioTags ?? true,
    service: serviceName(tracingServiceName, proxy),
    maxTagLength: provider.maxTagLength || tracing.maxPathTagLength || DEFAULT_TAG_LENGTH,
  };
}

/** An environment is that of Istio's proxy, which nobody here can set: its default value stands for it. */
function tagOf({ literal, header, environment, formatter }: CustomTag): TracingSpec['tags'][string] {
  if (literal !== undefined) return { format: (literal.value ?? '').replaceAll('%', '%%'), otherwise: '' };
  if (header !== undefined)
    return { format: `%REQ(${header.name ?? ''})%`, otherwise: header.defaultValue ?? '' };
  if (formatter !== undefined) return { format: formatter.value ?? '', otherwise: '' };
  return { format: '', otherwise: environment?.defaultValue ?? '' };
}

/** `defaultConfig.tracingServiceName`; by default the label `app` (or the workload) and the namespace. */
function serviceName(form: ProxyConfig['tracingServiceName'], proxy: Workload): string {
  const { canonicalService } = canonicalNames(proxy);
  switch (form) {
    case 'CANONICAL_NAME_ONLY':
      return canonicalService;
    case 'CANONICAL_NAME_AND_NAMESPACE':
      return `${canonicalService}.${proxy.namespace}`;
    default:
      return `${proxy.labels[LABEL.app] || proxy.workload}.${proxy.namespace}`;
  }
}

/** null = there is none of that name, or it is of a kind that is not spoken here (told by the validation). */
function findProvider(mesh: MeshConfig, name: string): Provider | null {
  const provider = mesh.extensionProviders.find((each) => each.name?.toLowerCase() === name.toLowerCase());
  if (provider === undefined) {
    const exporter = { kind: 'controller' } as const;
    return name === BUILT_IN ? { exporter, headers: 'both', maxTagLength: 0 } : null;
  }
  if (provider.zipkin !== undefined) return zipkin(provider.zipkin);
  return provider.opentelemetry === undefined ? null : openTelemetry(provider.opentelemetry);
}

function zipkin(provider: NonNullable<ExtensionProvider['zipkin']>): Provider {
  const host = providerHost(provider.service ?? '');
  return {
    exporter: {
      kind: 'zipkin',
      cluster: outboundClusterName(provider.port ?? 0, '', host),
      authority: host,
      path: provider.path || ZIPKIN_PATH,
      headers: headersOf(provider.headers),
      timeoutMs: milliseconds(provider.timeout) || DEFAULT_TIMEOUT_MS,
    },
    headers: provider.traceContextOption === 'USE_B3_WITH_W3C_PROPAGATION' ? 'both' : 'b3',
    maxTagLength: provider.maxTagLength ?? 0,
  };
}

function openTelemetry(provider: NonNullable<ExtensionProvider['opentelemetry']>): Provider {
  const { service = '', port = 0, http, grpc, maxTagLength = 0 } = provider;
  const host = providerHost(service);
  const to = { cluster: outboundClusterName(port, '', host), authority: host };
  const exporter: TraceExporterSpec =
    http === undefined
      ? {
          ...{ kind: 'otlp-grpc', ...to, headers: headersOf(grpc?.initialMetadata) },
          timeoutMs: milliseconds(grpc?.timeout) || DEFAULT_TIMEOUT_MS,
        }
      : {
          ...{ kind: 'otlp-http', ...to, path: http.path || OTLP_PATH, headers: headersOf(http.headers) },
          timeoutMs: milliseconds(http.timeout) || DEFAULT_TIMEOUT_MS,
        };
  return { exporter, headers: 'w3c', maxTagLength };
}

/** Values out of the proxy's environment are not to be had. */
function headersOf(headers: HttpHeaders = []): readonly string[] {
  return headers.flatMap(({ name = '', value }) => (value === undefined ? [] : [name.toLowerCase(), value]));
}
