import { resolveShortName } from '../../istio/host.ts';
import type { ExternalAuthorizerSpec } from '../../model/authorization.ts';
import { outboundClusterName } from '../../model/names.ts';
import { milliseconds } from './http-policies.ts';
import type { WorldIndex } from './world-index.ts';

/** MeshConfig's default for a provider that says none (ISTIO.md §5.3, "ext authz details"). */
const DEFAULT_TIMEOUT_MS = 600_000;

/** A provider of `envoyExtAuthzHttp`; null = there is none of that name. */
export function externalAuthorizer({ world }: WorldIndex, name: string): ExternalAuthorizerSpec | null {
  const provider = world.mesh.extensionProviders.find((each) => each.name === name);
  const http = provider?.envoyExtAuthzHttp;
  if (http === undefined) return null;
  const { hostname, port } = { hostname: hostOf(http.service ?? ''), port: http.port ?? 0 };
  return {
    name,
    cluster: outboundClusterName(port, '', hostname),
    pathPrefix: http.pathPrefix ?? '',
    timeoutMs: milliseconds(http.timeout) || DEFAULT_TIMEOUT_MS,
    failOpen: http.failOpen ?? false,
    statusOnError: Number(http.statusOnError ?? '') || 403,
    includeHeaders: lower([
      ...(http.includeRequestHeadersInCheck ?? []),
      ...(http.includeHeadersInCheck ?? []),
    ]),
    addHeaders: Object.entries(http.includeAdditionalHeadersInCheck ?? {}),
    headersToUpstreamOnAllow: lower(http.headersToUpstreamOnAllow),
    headersToDownstreamOnAllow: lower(http.headersToDownstreamOnAllow),
    headersToDownstreamOnDeny: lower(http.headersToDownstreamOnDeny),
    clearsRoute: http.clearRouteCache ?? false,
  };
}

/** `namespace/host`, or a host; a short one is looked for in `default`. */
function hostOf(service: string): string {
  const [first = '', second] = service.split('/');
  return second === undefined ? resolveShortName(first, 'default') : resolveShortName(second, first);
}

const lower = (names: readonly string[] = []) => names.map((name) => name.toLowerCase());
