import { BODY_NOT_TOLD, type Headers, type ResponseHead } from '../codec/head.ts';
import type { WholeResponse } from '../exchange/response-tap.ts';
import { ageMs } from '../policy/cache/freshness.ts';
import type { StoredResponse } from '../policy/cache/stored-response.ts';
import { isNotModified, notModifiedHeaders } from '../policy/cache/validation.ts';
import { setHeader } from '../policy/headers.ts';

/**
 * A stored answer for one caller: 304 if it has it already.
 * @param status what `cache-status` says (RFC 9211)
 */
export function cachedResponse(
  stored: StoredResponse,
  request: Readonly<Headers>,
  nowMs: number,
  status: string,
): WholeResponse {
  const hasIt = isNotModified(request, stored);
  const headers = hasIt ? notModifiedHeaders(stored.headers) : [...stored.headers];
  setHeader(headers, 'age', String(Math.floor(ageMs(stored, nowMs) / 1000)));
  headers.push('cache-status', `lateen; ${status}`);
  const isBodyless = hasIt || stored.status === 204;
  const head: ResponseHead = {
    ...{ status: hasIt ? 304 : stored.status, reason: '', version: 'HTTP/1.1', headers, upgrade: '' },
    contentLength: isBodyless ? BODY_NOT_TOLD : stored.body.length,
  };
  return { head, body: isBodyless ? NO_BODY : stored.body };
}

const NO_BODY = Buffer.alloc(0);
