import type { Headers } from '../../codec/head.ts';
import { readCacheControl } from './cache-control.ts';
import { explicitLifetimeMs, initialAgeMs } from './freshness.ts';
import type { ResponseTimes, StoredResponse, VaryField } from './stored-response.ts';
import { keptHeaders, refreshedHeaders } from './validation.ts';

/** What an entry takes beside its texts and its body; an estimate. */
const OVERHEAD_BYTES = 512;

export type ResponseParts = Pick<StoredResponse, 'uri' | 'scope' | 'status' | 'body'> & {
  readonly headers: Readonly<Headers>;
  readonly vary: readonly VaryField[];
};

export function makeStored(parts: ResponseParts, times: ResponseTimes): StoredResponse {
  const headers = keptHeaders(parts.headers);
  const control = readCacheControl(headers);
  return {
    ...parts,
    ...{ headers, control },
    freshnessMs: explicitLifetimeMs(headers, control, times.wallMs) ?? 0,
    initialAgeMs: initialAgeMs(headers, times),
    receivedAtMs: times.receivedAtMs,
    bytes: OVERHEAD_BYTES + parts.uri.length + parts.body.length + textBytes(headers) + varyBytes(parts.vary),
  };
}

/** A 304 makes the answer young again (RFC 9111 §4.3.4). */
export function refreshStored(
  stored: StoredResponse,
  update: Readonly<Headers>,
  times: ResponseTimes,
): StoredResponse {
  return makeStored({ ...stored, headers: refreshedHeaders(stored.headers, update) }, times);
}

function textBytes(headers: Readonly<Headers>): number {
  let bytes = 0;
  for (const text of headers) bytes += text.length;
  return bytes;
}

function varyBytes(vary: readonly VaryField[]): number {
  return vary.reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), 0);
}
