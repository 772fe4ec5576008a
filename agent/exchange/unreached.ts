import type { RequestHead, ResponseHead } from '../codec/head.ts';
import { getHeader, removeHeader } from '../policy/headers.ts';
import type { LocalReply } from './failure.ts';
import type { UpstreamFailure } from './streams.ts';

/**
 * Between two proxies of ours: "my application refused the connection, nobody has seen this request". Without a proxy
 * beside the application its caller would have met that failure itself, and tried again elsewhere (`connect-failure`);
 * as a plain 503 it would be an answer, which nothing tries again by default. Applications never see the header.
 */
const UNREACHED = 'x-lateen-unreached';
/** Only a proxy counts attempts. */
const PROXY_MARK = 'x-envoy-attempt-count';

/** The reply of an inbound proxy to this failure, as its caller is to be told. */
export function tellUnreached(reply: LocalReply, failure: UpstreamFailure, request: RequestHead): LocalReply {
  if (failure.kind !== 'connect-failure' || getHeader(request.headers, PROXY_MARK) === undefined)
    return reply;
  return { ...reply, headers: [...reply.headers, UNREACHED, 'true'] };
}

/** Whether this answer says so; the word goes no further. */
export function takeUnreached({ status, headers }: ResponseHead): boolean {
  if (status !== 503 || getHeader(headers, UNREACHED) === undefined) return false;
  removeHeader(headers, UNREACHED);
  return true;
}
