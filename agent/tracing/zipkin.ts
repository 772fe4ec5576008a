import type { Span } from '../../model/span.ts';

/** Zipkin's API v2, `POST /api/v2/spans` (zipkin.io/zipkin-api): a list in JSON. */
export function zipkinSpans(spans: readonly Span[], address: string): string {
  return JSON.stringify(
    spans.map(({ traceId, spanId, parentId, kind, name, service, startUs, durationUs, tags }) => ({
      ...{ traceId, id: spanId, name },
      ...(parentId !== '' && { parentId }),
      ...(kind !== 'INTERNAL' && { kind }),
      ...{ timestamp: startUs, duration: durationUs },
      localEndpoint: { serviceName: service, ...(address !== '' && { ipv4: address }) },
      tags,
    })),
  );
}
