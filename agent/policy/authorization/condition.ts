import type { Attribute, ConditionSpec } from '../../../model/authorization.ts';
import type { RequestHead } from '../../codec/head.ts';
import { readClaim, requestPrincipal, someText } from '../authentication/claims.ts';
import { someLine } from '../headers.ts';
import { createRangeTest } from './ip-range.ts';
import type { Subject } from './subject.ts';
import {
  createExact,
  createHeaderTest,
  createIgnoringCase,
  createPathTest,
  createTextTest,
  createWildcard,
  type TextTest,
} from './text-test.ts';

export type SubjectTest = (subject: Subject) => boolean;

/** Attributes that only requests have; the others can be asked of plain connections too. */
export function isOfRequests(attribute: Attribute): boolean {
  return attribute.startsWith('request.');
}

/** `values` and `notValues` of one attribute: one of the former, and none of the latter. */
export function createCondition(spec: ConditionSpec): SubjectTest {
  const { values, notValues } = spec;
  const wanted = values.length === 0 ? null : createTest(spec, values);
  const unwanted = notValues.length === 0 ? null : createTest(spec, notValues);
  if (unwanted === null) return wanted ?? (() => true);
  if (wanted === null) return (subject) => !unwanted(subject);
  return (subject) => wanted(subject) && !unwanted(subject);
}

function createTest({ attribute, key }: ConditionSpec, values: readonly string[]): SubjectTest {
  const wildcards = () => createTextTest(values, createWildcard);
  switch (attribute) {
    case 'source.ip':
      return testAddress(values, (subject) => subject.source);
    case 'remote.ip':
      return testAddress(values, (subject) => subject.remote);
    case 'destination.ip':
      return testAddress(values, (subject) => subject.destination);
    case 'destination.port':
      return testPort(values);
    case 'source.serviceAccount': {
      const test = createTextTest(values, createExact);
      return ({ identity }) => test(identity.serviceAccount);
    }
    case 'request.headers':
      return testHeader(key[0] ?? '', createTextTest(values, createHeaderTest));
    case 'request.auth.audiences':
      return testClaim(['aud'], wildcards());
    case 'request.auth.presenter':
      return testClaim(['azp'], wildcards());
    case 'request.auth.claims':
      return testClaim(key, wildcards());
    case 'request.host':
      return testText(attribute, createTextTest(values, createIgnoringCase));
    case 'request.path':
      return testText(attribute, createTextTest(values, createPathTest));
    default:
      return testText(attribute, wildcards());
  }
}

/** Attributes that are one text, '' where it is missing. */
function testText(attribute: Attribute, test: TextTest): SubjectTest {
  switch (attribute) {
    case 'source.principal':
      return ({ identity }) => test(identity.principal);
    case 'source.namespace':
      return ({ identity }) => test(identity.namespace);
    case 'source.trustDomain':
      return ({ identity }) => test(identity.trustDomain);
    case 'request.auth.principal':
      return ({ claims }) => claims !== null && test(requestPrincipal(claims));
    case 'request.host':
      return ({ request }) => request !== null && test(request.authority);
    case 'request.method':
      return ({ request }) => request !== null && test(request.method);
    case 'request.path':
      return ({ path }) => test(path);
    case 'connection.sni':
      return ({ peer }) => test(peer.serverName ?? '');
    default:
      // `experimental.envoy.filters.…`: what other filters of Envoy find out.
      return () => false;
  }
}

function testAddress(
  values: readonly string[],
  addressOf: (subject: Subject) => readonly number[],
): SubjectTest {
  const ranges = values.map(createRangeTest);
  return (subject) => {
    const address = addressOf(subject);
    return ranges.some((contains) => contains(address));
  };
}

function testPort(values: readonly string[]): SubjectTest {
  const ports = new Set(values.map(Number));
  return ({ peer }) => ports.has(peer.originalDestination.port);
}

/** Line by line, one match is enough (ISTIO.md, correction 33). */
function testHeader(name: string, test: TextTest): SubjectTest {
  const pseudo = PSEUDO_HEADERS[name];
  if (pseudo !== undefined) return ({ request }) => request !== null && test(pseudo(request));
  return ({ request }) => request !== null && someLine(request.headers, name, test) === true;
}

const PSEUDO_HEADERS: Readonly<Record<string, (request: RequestHead) => string>> = {
  ':method': ({ method }) => method,
  ':path': ({ path }) => path,
  ':authority': ({ authority }) => authority,
  host: ({ authority }) => authority,
};

function testClaim(steps: readonly string[], test: TextTest): SubjectTest {
  return ({ claims }) => claims !== null && someText(readClaim(claims, steps), test);
}
