import type { ExternalAuthorizerSpec } from '../../model/authorization.ts';
import type { Headers, RequestHead } from '../codec/head.ts';
import { type ExternalAnswer, ExternalCall } from '../exchange/external-call.ts';
import { accessDenied, externallyDenied } from '../exchange/failure.ts';
import type { Filter, FilteredExchange, FilterVerdict } from '../exchange/filter.ts';
import type { Authorizer } from '../policy/authorization/authorizer.ts';
import { Subject } from '../policy/authorization/subject.ts';
import { createTextTest, createWildcard, type TextTest } from '../policy/authorization/text-test.ts';
import { setHeader } from '../policy/headers.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { remoteAddressOf } from './remote-address.ts';

/**
 * AuthorizationPolicy's CUSTOM by HTTP (MeshConfig `envoyExtAuthzHttp`, Envoy's ext_authz): what a rule matches waits
 * for a service's word. 200 lets it pass, 5xx and silence are errors, all else is the caller's answer.
 */
export function createExternalFilter(
  authorizer: Authorizer,
  isGateway: boolean,
  clusters: ReadonlyMap<string, Cluster>,
): Filter {
  const waiting = new Map<FilteredExchange, Waiting>();
  const providers = new Map<ExternalAuthorizerSpec, Provider>();
  const providerOf = (spec: ExternalAuthorizerSpec): Provider => {
    const provider = providers.get(spec) ?? createProvider(spec);
    providers.set(spec, provider);
    return provider;
  };

  const ask = (exchange: FilteredExchange, provider: Provider): FilterVerdict => {
    const { spec } = provider;
    const cluster = clusters.get(spec.cluster);
    if (cluster === undefined) return onError(exchange, spec);
    const call = new ExternalCall(cluster, checkRequest(provider, exchange.request), (answer) => {
      const state = waiting.get(exchange);
      const verdict = decide(exchange, provider, answer, (headers) => {
        if (state !== undefined) state.headers = headers;
      });
      if (verdict === 'continue') exchange.resumeFilters();
    });
    waiting.set(exchange, { call, headers: [] });
    exchange.after(spec.timeoutMs, () => call.timeOut());
    call.start();
    return 'wait';
  };

  return {
    name: 'external-authorization',
    onRequest(exchange) {
      const { peer, request } = exchange;
      const subject = new Subject(peer, request, null, () => remoteAddressOf(exchange, isGateway));
      const check = authorizer.findExternal(subject);
      if (check === null) return 'continue';
      if (check.provider !== null) return ask(exchange, providerOf(check.provider));
      exchange.sendLocalReply(accessDenied(check.details));
      return 'stop';
    },
    onResponse(exchange, head) {
      const headers = waiting.get(exchange)?.headers ?? [];
      for (const text of headers) head.headers.push(text);
    },
    onEnd(exchange) {
      const state = waiting.get(exchange);
      if (state === undefined) return;
      waiting.delete(exchange);
      state.call.cancel();
    },
  };
}

interface Waiting {
  readonly call: ExternalCall;
  /** For the answer, once the request may pass. */
  headers: Headers;
}

interface Provider {
  readonly spec: ExternalAuthorizerSpec;
  readonly isSent: TextTest;
  readonly isForUpstream: TextTest;
  readonly isForAnswer: TextTest;
  readonly isForDenial: TextTest;
}

/** Envoy sends these whatever the list says. */
const ALWAYS_SENT = ['authorization'];
/** Envoy keeps these of a denial whatever the list says. */
const ALWAYS_TOLD = ['www-authenticate', 'location'];

function createProvider(spec: ExternalAuthorizerSpec): Provider {
  const listed = (names: readonly string[]) => createTextTest(names, createWildcard);
  const denial = spec.headersToDownstreamOnDeny;
  return {
    spec,
    isSent: listed([...ALWAYS_SENT, ...spec.includeHeaders]),
    isForUpstream: listed(spec.headersToUpstreamOnAllow),
    isForAnswer: listed(spec.headersToDownstreamOnAllow),
    // Without a list the caller gets all of them.
    isForDenial: denial.length === 0 ? () => true : listed([...ALWAYS_TOLD, ...denial]),
  };
}

function checkRequest({ spec, isSent }: Provider, request: RequestHead): RequestHead {
  const headers = pick(request.headers, isSent);
  for (const [name, value] of spec.addHeaders) setHeader(headers, name.toLowerCase(), value);
  return {
    ...{ method: request.method, path: `${spec.pathPrefix}${request.path}`, authority: request.authority },
    ...{ version: 'HTTP/1.1', headers, contentLength: 0, upgrade: '', expectContinue: false },
  };
}

function pick(headers: Readonly<Headers>, isWanted: TextTest): Headers {
  const kept: Headers = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (isWanted(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

function decide(
  exchange: FilteredExchange,
  { spec, isForUpstream, isForAnswer, isForDenial }: Provider,
  answer: ExternalAnswer | null,
  keepForAnswer: (headers: Headers) => void,
): FilterVerdict {
  if (answer === null || answer.head.status >= 500) return onError(exchange, spec);
  const { status, headers } = answer.head;
  if (status === 200) {
    const edits = pick(headers, isForUpstream);
    for (let i = 0; i < edits.length; i += 2)
      setHeader(exchange.request.headers, (edits[i] as string).toLowerCase(), edits[i + 1] as string);
    keepForAnswer(pick(headers, isForAnswer));
    if (spec.clearsRoute) exchange.chooseRoute();
    return 'continue';
  }
  const told = pick(headers, (name) => name !== 'date' && name !== 'server' && isForDenial(name));
  exchange.sendLocalReply(externallyDenied(status, 'ext_authz_denied', answer.body.latin1Slice(), told));
  return 'stop';
}

function onError(
  exchange: FilteredExchange,
  { failOpen, statusOnError }: ExternalAuthorizerSpec,
): FilterVerdict {
  if (failOpen) return 'continue';
  exchange.sendLocalReply(externallyDenied(statusOnError, 'ext_authz_error', '', []));
  return 'stop';
}
