import type { ExternalAuthorizerSpec } from '../../../model/authorization.ts';
import type { Headers, RequestHead, ResponseHead } from '../../codec/head.ts';
import { createTextTest, createWildcard, type TextTest } from '../authorization/text-test.ts';
import { getHeader, setHeader } from '../headers.ts';
import { type CheckAnswer, type HeaderEdit, NO_EDITS } from './answer.ts';

/** Questions to an authorizer that speaks HTTP (MeshConfig `envoyExtAuthzHttp`, Envoy's `http_service`). */
export interface HttpCheck {
  /** @param body what of the request's body it may see; null = it sees none */
  ask(request: RequestHead, body: CheckedBody | null): RequestHead;
  /** 200 lets the request pass, 5xx is an error of its own, all else is the caller's answer. */
  read(head: ResponseHead, body: Buffer): CheckAnswer;
}

export interface CheckedBody {
  readonly bytes: Buffer;
  /** There is more of it. */
  readonly isPartial: boolean;
}

/** Envoy's header that tells whether the body of a check is cut off. */
export const PARTIAL_BODY = 'x-envoy-auth-partial-body';
/** Envoy sends these whatever the list says. */
const ALWAYS_SENT = ['authorization'];
/** Envoy keeps these of a denial whatever the list says. */
const ALWAYS_TOLD = ['www-authenticate', 'location'];
/** Names of headers that the request shall lose, in the answer of an authorizer that lets it pass. */
const TO_REMOVE = 'x-envoy-auth-headers-to-remove';

export function createHttpCheck(spec: ExternalAuthorizerSpec): HttpCheck {
  const isSent = listed([...ALWAYS_SENT, ...spec.includeHeaders]);
  const isForUpstream = listed(spec.headersToUpstreamOnAllow);
  const isForAnswer = listed(spec.headersToDownstreamOnAllow);
  const onDeny = spec.headersToDownstreamOnDeny;
  // Without a list the caller gets all of them.
  const isForDenial = onDeny.length === 0 ? () => true : listed([...ALWAYS_TOLD, ...onDeny]);
  return {
    ask(request, body) {
      const headers = pick(request.headers, isSent);
      if (body !== null) setHeader(headers, PARTIAL_BODY, String(body.isPartial));
      for (const [name, value] of spec.addHeaders) setHeader(headers, name.toLowerCase(), value);
      const { method, authority } = request;
      return {
        ...{ method, path: `${spec.pathPrefix}${request.path}`, authority, version: 'HTTP/1.1', headers },
        ...{ contentLength: body?.bytes.length ?? 0, upgrade: '', expectContinue: false },
      };
    },
    read({ status, headers }, body) {
      if (status >= 500) return { kind: 'failed' };
      if (status === 200) {
        return {
          kind: 'allowed',
          edits: {
            ...NO_EDITS,
            request: setting(pick(headers, isForUpstream)),
            removed: namesIn(getHeader(headers, TO_REMOVE) ?? ''),
            response: setting(pick(headers, isForAnswer)),
          },
        };
      }
      const told = pick(headers, (name) => name !== 'date' && name !== 'server' && isForDenial(name));
      return { kind: 'denied', status, body: body.latin1Slice(), headers: adding(told) };
    },
  };
}

const listed = (names: readonly string[]): TextTest => createTextTest(names, createWildcard);

function pick(headers: Readonly<Headers>, isWanted: TextTest): Headers {
  const kept: Headers = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (isWanted(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

const setting = (headers: Readonly<Headers>) => editsOf(headers, 'set');
const adding = (headers: Readonly<Headers>) => editsOf(headers, 'add');

function editsOf(headers: Readonly<Headers>, mode: HeaderEdit['mode']): HeaderEdit[] {
  const edits: HeaderEdit[] = [];
  for (let i = 0; i < headers.length; i += 2)
    edits.push({ name: (headers[i] as string).toLowerCase(), value: headers[i + 1] as string, mode });
  return edits;
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}
