import { hostOfAddress } from '../../base/socket-address.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { Span } from '../../model/span.ts';
import type { TracingSpec } from '../../model/telemetry.ts';
import { readOperator } from '../exchange/operators.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import type { ActiveSpan } from '../exchange/tracing.ts';
import { createFormat } from '../policy/format.ts';
import { getHeader } from '../policy/headers.ts';

export type Tagger = (record: ExchangeRecord, span: ActiveSpan) => Pick<Span, 'tags' | 'isError'>;

/** Envoy's tags of a request's span (HttpTracerUtility), Istio's own, and those of the user. */
export function createTagger(spec: TracingSpec, node: NodeSpec): Tagger {
  const fixed = {
    component: 'proxy',
    node_id: node.id,
    ...(spec.hasIstioTags && {
      'istio.canonical_revision': node.canonicalRevision,
      'istio.canonical_service': node.canonicalService,
      'istio.cluster_id': 'Kubernetes',
      'istio.mesh_id': node.meshId,
      'istio.namespace': node.namespace,
    }),
  };
  const custom = Object.entries(spec.tags).map(([name, { format, otherwise }]) => {
    return { name, render: createFormat(format), otherwise };
  });
  const shorten = (text: string) => text.slice(0, spec.maxTagLength);
  return (record, span) => {
    const tags: Record<string, string> = { ...fixed, ...tagsOf(record, shorten) };
    const isError = isFailure(record);
    if (isError) tags.error = 'true';
    if (span.isInferred) tags['lateen.parent'] = 'inferred';
    const context = { operator: (name: string, argument: string) => readOperator(record, name, argument) };
    for (const { name, render, otherwise } of custom) {
      const value = render(context) || otherwise;
      if (value !== '') tags[name] = shorten(value);
    }
    return { tags, isError };
  };
}

function tagsOf(record: ExchangeRecord, shorten: (text: string) => string): Record<string, string> {
  const tags: Record<string, string> = {
    'guid:x-request-id': record.requestId,
    'http.url': shorten(`${record.scheme}://${record.authority}${record.path}`),
    'http.method': record.method,
    'http.protocol': record.protocol,
    'http.status_code': String(record.status),
    downstream_cluster: '-',
    user_agent: shorten(getHeader(record.requestHeaders, 'user-agent') ?? '-'),
    'peer.address': hostOfAddress(record.remoteAddress),
    request_size: String(record.bytesReceived),
    response_size: String(record.bytesSent),
    response_flags: record.flags === '' ? '-' : record.flags,
    upstream_cluster: record.cluster,
    'upstream_cluster.name': record.cluster,
  };
  if (record.upstream !== '') tags.upstream_address = record.upstream;
  if (record.attempts > 1) tags['retry.count'] = String(record.attempts - 1);
  if (record.rule !== '') tags['lateen.rule'] = record.rule;
  if (isOwnWord(record.details)) tags.response_code_details = shorten(record.details);
  if (record.routeName !== '') tags['lateen.route'] = record.routeName;
  if (record.grpcStatus !== '') addGrpcTags(tags, record);
  for (const [action, { isDenied, rule }] of Object.entries(record.dryRuns ?? {})) {
    const prefix = `istio.authorization.dry_run.${action}_policy`;
    if (rule !== '') tags[`${prefix}.name`] = rule;
    tags[`${prefix}.result`] = isDenied ? 'denied' : 'allowed';
  }
  return tags;
}

/** The proxy says why, where it is not simply the host's answer. */
const isOwnWord = (details: string) => details !== '' && details !== 'via_upstream';

function addGrpcTags(tags: Record<string, string>, record: ExchangeRecord): void {
  tags['grpc.path'] = record.path;
  tags['grpc.authority'] = record.authority;
  tags['grpc.status_code'] = record.grpcStatus;
  const message =
    getHeader(record.responseTrailers, 'grpc-message') ?? getHeader(record.responseHeaders, 'grpc-message');
  if (message !== undefined) tags['grpc.message'] = message;
}

/** gRPC's failures that Envoy counts as the server's (HttpTracerUtility, `is5xx` and its like for gRPC). */
const GRPC_FAILURES = new Set(['2', '4', '8', '10', '12', '13', '14', '15']);

function isFailure({ status, grpcStatus }: ExchangeRecord): boolean {
  return status === 0 || status >= 500 || GRPC_FAILURES.has(grpcStatus);
}
