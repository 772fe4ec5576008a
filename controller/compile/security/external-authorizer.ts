import type { ExtensionProvider } from '../../../istio/schema/extension-provider.ts';
import type { CheckedBodySpec, ExternalAuthorizerSpec } from '../../../model/authorization.ts';
import { outboundClusterName } from '../../../model/names.ts';
import { milliseconds } from '../routes/http-policies.ts';
import { providerHost } from '../telemetry/provider-host.ts';
import type { WorldIndex } from '../world-index.ts';

type HttpProvider = NonNullable<ExtensionProvider['envoyExtAuthzHttp']>;
type GrpcProvider = NonNullable<ExtensionProvider['envoyExtAuthzGrpc']>;

/** MeshConfig's default for a provider that says none (ISTIO.md §5.3, "ext authz details"). */
const DEFAULT_TIMEOUT_MS = 600_000;

/** A provider of `envoyExtAuthzHttp` or `envoyExtAuthzGrpc`; null = there is none of that name. */
export function externalAuthorizer({ world }: WorldIndex, name: string): ExternalAuthorizerSpec | null {
  const provider = world.mesh.extensionProviders.find((each) => each.name === name);
  const { envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc } = provider ?? {};
  if (http !== undefined)
    return {
      name,
      protocol: 'http',
      ...commonFields(http),
      ...headerFields(http),
      pathPrefix: http.pathPrefix ?? '',
    };
  if (grpc !== undefined)
    return { name, protocol: 'grpc', ...commonFields(grpc), ...headerFields({}), pathPrefix: '' };
  return null;
}

function commonFields(provider: HttpProvider | GrpcProvider) {
  return {
    cluster: outboundClusterName(provider.port ?? 0, '', providerHost(provider.service ?? '')),
    body: bodyOf(provider.includeRequestBodyInCheck),
    timeoutMs: milliseconds(provider.timeout) || DEFAULT_TIMEOUT_MS,
    failOpen: provider.failOpen ?? false,
    statusOnError: Number(provider.statusOnError ?? '') || 403,
    clearsRoute: provider.clearRouteCache ?? false,
  };
}

function headerFields(provider: HttpProvider) {
  return {
    includeHeaders: lower([
      ...(provider.includeRequestHeadersInCheck ?? []),
      ...(provider.includeHeadersInCheck ?? []),
    ]),
    addHeaders: Object.entries(provider.includeAdditionalHeadersInCheck ?? {}),
    headersToUpstreamOnAllow: lower(provider.headersToUpstreamOnAllow),
    headersToDownstreamOnAllow: lower(provider.headersToDownstreamOnAllow),
    headersToDownstreamOnDeny: lower(provider.headersToDownstreamOnDeny),
  };
}

function bodyOf(written: HttpProvider['includeRequestBodyInCheck']): CheckedBodySpec | null {
  if (written === undefined) return null;
  const { maxRequestBytes = 0, allowPartialMessage = false, packAsBytes = false } = written;
  return { maxBytes: maxRequestBytes, allowsPartial: allowPartialMessage, packsBytes: packAsBytes };
}

const lower = (names: readonly string[] = []) => names.map((name) => name.toLowerCase());
