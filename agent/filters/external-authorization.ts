import type { ExternalAuthorizerSpec } from '../../model/authorization.ts';
import { clientAddressOf } from '../exchange/client-address.ts';
import { accessDenied, BODY_TOO_LARGE, externallyDenied } from '../exchange/failure.ts';
import type { Filter, FilteredExchange } from '../exchange/filter.ts';
import type { Authorizer } from '../policy/authorization/authorizer.ts';
import { Subject } from '../policy/authorization/subject.ts';
import {
  applyEdits,
  applyHeaderEdits,
  type CheckAnswer,
  type HeaderEdit,
  isEmpty,
} from '../policy/external/answer.ts';
import type { CheckedBody } from '../policy/external/http-check.ts';
import { createQuestioner, type Questioner, type QuestionerDeps } from './external-question.ts';

/**
 * AuthorizationPolicy's CUSTOM (MeshConfig `envoyExtAuthzHttp` and `envoyExtAuthzGrpc`, Envoy's ext_authz): what a rule
 * matches waits for a service's word, which lets it pass, refuses it in words of its own, or is not to be had.
 */
export function createExternalFilter(
  authorizer: Authorizer,
  isGateway: boolean,
  deps: QuestionerDeps,
): Filter {
  const waiting = new Map<FilteredExchange, Waiting>();
  const questioners = new Map<ExternalAuthorizerSpec, Questioner>();
  const questionerOf = (spec: ExternalAuthorizerSpec): Questioner => {
    const questioner = questioners.get(spec) ?? createQuestioner(spec, deps);
    questioners.set(spec, questioner);
    return questioner;
  };

  const ask = (exchange: FilteredExchange, spec: ExternalAuthorizerSpec, body: CheckedBody | null): void => {
    const state: Waiting = { cancel() {}, response: [] };
    waiting.set(exchange, state);
    const cancel = questionerOf(spec)(exchange, body, (answer) => {
      if (obey(exchange, spec, answer, state)) exchange.resumeFilters();
    });
    state.cancel = cancel;
  };

  return {
    name: 'external-authorization',
    onRequest(exchange) {
      const { peer, request } = exchange;
      const subject = new Subject(peer, request, null, () => clientAddressOf(request, peer, isGateway));
      const check = authorizer.findExternal(subject);
      if (check === null) return 'continue';
      const { provider } = check;
      if (provider === null) {
        exchange.sendLocalReply(accessDenied(check.details));
        return 'stop';
      }
      if (provider.body === null || !exchange.hasBody || request.upgrade !== '')
        ask(exchange, provider, null);
      else askWithBody(exchange, provider.body, (body) => ask(exchange, provider, body));
      return 'wait';
    },
    onResponse(exchange, head) {
      const edits = waiting.get(exchange)?.response ?? [];
      if (edits.length > 0) applyHeaderEdits(edits, head.headers);
    },
    onEnd(exchange) {
      const state = waiting.get(exchange);
      if (state === undefined) return;
      waiting.delete(exchange);
      state.cancel();
    },
  };
}

interface Waiting {
  cancel: () => void;
  /** For the answer, once the request may pass. */
  response: readonly HeaderEdit[];
}

/** The check waits for the body: for all of it, which may not be too long, or for its beginning. */
function askWithBody(
  exchange: FilteredExchange,
  { maxBytes, allowsPartial }: NonNullable<ExternalAuthorizerSpec['body']>,
  ask: (body: CheckedBody) => void,
): void {
  // One byte more tells that a body is too long.
  exchange.gatherBody(allowsPartial ? maxBytes : maxBytes + 1, (body, isWhole) => {
    if (!allowsPartial && body.length > maxBytes) exchange.sendLocalReply(BODY_TOO_LARGE);
    else ask({ bytes: body.subarray(0, maxBytes), isPartial: !isWhole || body.length > maxBytes });
  });
}

/** Whether the request may go on; else it has its answer. */
function obey(
  exchange: FilteredExchange,
  { failOpen, statusOnError, clearsRoute }: ExternalAuthorizerSpec,
  answer: CheckAnswer,
  state: Waiting,
): boolean {
  switch (answer.kind) {
    case 'allowed':
      applyEdits(answer.edits, exchange.request);
      state.response = answer.edits.response;
      if (clearsRoute && !isEmpty(answer.edits)) exchange.chooseRoute();
      return true;
    case 'denied': {
      const headers: string[] = [];
      applyHeaderEdits(answer.headers, headers);
      exchange.sendLocalReply(externallyDenied(answer.status, 'ext_authz_denied', answer.body, headers));
      return false;
    }
    case 'failed':
      if (failOpen) return true;
      exchange.sendLocalReply(externallyDenied(statusOnError, 'ext_authz_error', '', []));
      return false;
  }
}
