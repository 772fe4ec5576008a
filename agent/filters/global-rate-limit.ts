import type { GlobalRateLimitSpec } from '../../model/rate-limit.ts';
import {
  RATE_LIMIT_SERVICE,
  type RateLimitAnswer,
  readAnswer,
  writeQuestion,
} from '../../model/rate-limit-service.ts';
import type { RouteSpec } from '../../model/route.ts';
import type { Headers } from '../codec/head.ts';
import { rateLimitError, rateLimited } from '../exchange/failure.ts';
import type { Filter, FilteredExchange } from '../exchange/filter.ts';
import type { RouteEntry } from '../exchange/route-entry.ts';
import { type UnaryAnswer, unaryCall } from '../grpc/unary-call.ts';
import { applyHeaderOps, createHeaderOps } from '../policy/header-ops.ts';
import { setHeader } from '../policy/headers.ts';
import { createDescriptors, type Descriptor, type Descriptors } from '../policy/rate-limit/descriptors.ts';
import { limitOfStatuses, setLimitHeaders } from '../policy/rate-limit/limit-headers.ts';
import { happens } from './local-rate-limit.ts';
import type { RateLimitFilterDeps } from './rate-limit-state.ts';
import { ExchangeRateSubject } from './rate-subject.ts';

/**
 * Envoy's `envoy.filters.http.ratelimit`: a request that has descriptors waits for the word of a service, which counts
 * for all proxies together.
 */
export function createGlobalRateLimitFilter(
  spec: GlobalRateLimitSpec,
  routes: ReadonlyMap<RouteSpec, Descriptors | null>,
  deps: RateLimitFilterDeps,
): Filter {
  const { clock, random, isGateway, clusters, state } = deps;
  const own = createDescriptors(spec.rates, spec.stage);
  const responseOps = createHeaderOps([spec.responseHeaders]);
  const waiting = new Map<FilteredExchange, Waiting>();

  const countsOf = ({ destinationName }: FilteredExchange) =>
    state.globalCounts(destinationName, spec.statPrefix);

  const fail = (exchange: FilteredExchange, reason: string): boolean => {
    const counts = countsOf(exchange);
    state.onFailure(spec.cluster, reason, spec.deniesOnError);
    counts.error += 1;
    if (!spec.deniesOnError) {
      counts.failure_mode_allowed += 1;
      return true;
    }
    exchange.sendLocalReply(rateLimitError(spec.statusOnError));
    return false;
  };

  const refuse = (exchange: FilteredExchange, { body }: RateLimitAnswer): void => {
    const headers: Headers = spec.hidesMark ? [] : ['x-envoy-ratelimited', 'true'];
    if (responseOps !== null) applyHeaderOps(responseOps, headers, exchange);
    const text = body.latin1Slice();
    exchange.sendLocalReply(rateLimited(spec.status, spec.grpcStatus, 'request_rate_limited', text, headers));
  };

  /** Whether the request may go on. @param answer a text = there is none, and why */
  const obey = (exchange: FilteredExchange, answer: RateLimitAnswer | string): boolean => {
    if (typeof answer === 'string') return fail(exchange, answer);
    const counts = countsOf(exchange);
    const known = waiting.get(exchange);
    if (known !== undefined) known.answer = answer;
    counts[answer.isOverLimit ? 'over_limit' : 'ok'] += 1;
    if (answer.isOverLimit && happens(spec.enforcedPerMillion, random)) {
      refuse(exchange, answer);
      return false;
    }
    for (const [name, value] of answer.requestHeaders)
      setHeader(exchange.request.headers, name.toLowerCase(), value);
    return true;
  };

  const ask = (exchange: FilteredExchange, descriptors: readonly Descriptor[]): void => {
    const cluster = clusters.get(spec.cluster);
    const entry: Waiting = { cancel() {}, answer: null };
    waiting.set(exchange, entry);
    if (cluster === undefined) {
      if (obey(exchange, 'no such service')) exchange.resumeFilters();
      return;
    }
    const { authority, timeoutMs, domain } = spec;
    const message = writeQuestion({ domain, descriptors, hits: 0 });
    const request = { path: RATE_LIMIT_SERVICE, authority, message, headers: [], timeoutMs };
    const call = unaryCall(cluster, request, clock, (answer) => {
      if (obey(exchange, readReply(answer))) exchange.resumeFilters();
    });
    entry.cancel = () => call.cancel();
  };

  return {
    name: 'rate-limit',
    onRequest(exchange) {
      const route = exchange.route as RouteEntry | null;
      // Envoy's asks about requests that go somewhere; a RateLimit counts all.
      if (spec.place !== 'guard' && route?.spec.action.kind !== 'route') return 'continue';
      const describe = own ?? (route === null ? null : (routes.get(route.spec) ?? null));
      if (describe === null || !happens(spec.enabledPerMillion, random)) return 'continue';
      const descriptors = describe(new ExchangeRateSubject(exchange, isGateway));
      if (descriptors.length === 0) return 'continue';
      ask(exchange, descriptors);
      return 'wait';
    },
    onResponse(exchange, head) {
      const answer = waiting.get(exchange)?.answer ?? null;
      if (answer === null) return;
      for (const [name, value] of answer.responseHeaders) head.headers.push(name.toLowerCase(), value);
      const limit = spec.showsLimit ? limitOfStatuses(answer.statuses) : null;
      if (limit !== null) setLimitHeaders(head.headers, limit);
    },
    onEnd(exchange) {
      const entry = waiting.get(exchange);
      if (entry === undefined) return;
      waiting.delete(exchange);
      entry.cancel();
    },
  };
}

function readReply(answer: UnaryAnswer): RateLimitAnswer | string {
  if ('text' in answer) return `status ${answer.status}: ${answer.text}`;
  return readAnswer(answer.message) ?? 'the answer says neither yes nor no';
}

interface Waiting {
  cancel: () => void;
  /** null = it has not come. */
  answer: RateLimitAnswer | null;
}
