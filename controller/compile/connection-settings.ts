import type { ProxyConfig } from '../../istio/schema/default-config.ts';
import type { NodeSpec } from '../../model/node.ts';
import { milliseconds } from './routes/http-policies.ts';

/** The profile EDGE, as far as its settings are in force here (Istio's applyEdgeDefaults); for gateways alone. */
const EDGE: ConnectionSettings = {
  httpRequestHeadersTimeout: '60s',
  httpHeadersWithUnderscoresAction: 'HEADERS_WITH_UNDERSCORES_REJECT_REQUEST',
  httpMergeSlashes: true,
  httpPathWithEscapedSlashesAction: 'UNESCAPE_AND_REDIRECT',
};

type ConnectionSettings = NonNullable<ProxyConfig['connectionSettings']>;
type Compiled = Pick<
  NodeSpec,
  'pathNormalization' | 'requestHeadersTimeoutMs' | 'underscores' | 'escapedSlashes'
>;

const UNDERSCORES: Readonly<Record<string, NodeSpec['underscores']>> = {
  HEADERS_WITH_UNDERSCORES_REJECT_REQUEST: 'reject',
  HEADERS_WITH_UNDERSCORES_DROP_HEADER: 'drop',
};
const ESCAPED_SLASHES: Readonly<Record<string, NodeSpec['escapedSlashes']>> = {
  REJECT_REQUEST: 'reject',
  UNESCAPE_AND_REDIRECT: 'redirect',
  UNESCAPE_AND_FORWARD: 'forward',
};

/** `connectionSettings` of a proxy, over MeshConfig's normalisation of paths. */
export function compileConnectionSettings(
  { connectionSettings: own = {} }: ProxyConfig,
  byDefault: NodeSpec['pathNormalization'],
  isGateway: boolean,
): Compiled {
  const settings = isGateway && own.profile === 'EDGE' ? { ...EDGE, ...own } : own;
  const timeoutMs = milliseconds(settings.httpRequestHeadersTimeout);
  const underscores = UNDERSCORES[settings.httpHeadersWithUnderscoresAction ?? ''];
  const escapedSlashes = ESCAPED_SLASHES[settings.httpPathWithEscapedSlashesAction ?? ''];
  const merges = settings.httpMergeSlashes === true && byDefault === 'BASE';
  return {
    pathNormalization: merges ? 'MERGE_SLASHES' : byDefault,
    ...(timeoutMs > 0 && { requestHeadersTimeoutMs: timeoutMs }),
    ...(underscores !== undefined && { underscores }),
    ...(escapedSlashes !== undefined && { escapedSlashes }),
  };
}
