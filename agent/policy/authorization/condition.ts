import type { Attribute, ConditionSpec } from '../../../model/authorization.ts';
import type { RequestHead } from '../../codec/head.ts';
import { readClaim, someText } from '../authentication/claims.ts';
import { someLine } from '../headers.ts';
import { createRangeTest } from './ip-range.ts';
import type { Subject } from './subject.ts';
import {
  createExact,
  createHeaderTest,
  createIgnoringCase,
  createNamespaceTest,
  createPathTest,
  createPlainWildcard,
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
  const plainWildcards = () => createTextTest(values, createPlainWildcard);
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
    case 'source.namespace': {
      const test = createTextTest(values, createNamespaceTest);
      return ({ identity }) => test(identity.namespace);
    }
    case 'request.auth.principal':
      return testRequestPrincipal(values);
    case 'request.auth.audiences':
      return testClaim(['aud'], plainWildcards());
    case 'request.auth.presenter':
      return testClaim(['azp'], plainWildcards());
    case 'request.auth.claims':
      return testClaim(key, plainWildcards());
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
    case 'source.trustDomain':
      return ({ identity }) => test(identity.trustDomain);
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

/**
 * `issuer/subject`, told apart at the last slash since an issuer may be an address; each is compared on its own, so that
 * no subject can pass for a part of an issuer (Istio's requestPrincipalGenerator).
 */
function testRequestPrincipal(values: readonly string[]): SubjectTest {
  const tests = values.map(createPrincipalTest);
  return ({ claims }) => {
    if (claims === null) return false;
    const { iss, sub } = claims;
    if (typeof iss !== 'string' || typeof sub !== 'string') return false;
    return tests.some((test) => test(iss, sub));
  };
}

type PrincipalTest = (issuer: string, subject: string) => boolean;

function createPrincipalTest(value: string): PrincipalTest {
  const slash = value.lastIndexOf('/');
  const both = (issuer: string, subject: string): PrincipalTest => {
    const [isIssuer, isSubject] = [createPlainWildcard(issuer), createPlainWildcard(subject)];
    return (iss, sub) => isIssuer(iss) && isSubject(sub);
  };
  if (value === '*') return both('*', '*');
  // Without a slash a wildcard stands for all of the one part and some of the other.
  if (slash < 0 && value.startsWith('*')) return both('*', value);
  if (slash < 0 && value.endsWith('*')) return both(value, '*');
  const [issuer, subject] = slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  // One wildcard at most, at the outer end of its part: what else looks like one is meant as it stands.
  if (value.startsWith('*')) {
    const isIssuer = createPlainWildcard(issuer);
    return (iss, sub) => isIssuer(iss) && sub === subject;
  }
  if (!value.endsWith('*')) return (iss, sub) => iss === issuer && sub === subject;
  const isSubject = createPlainWildcard(subject);
  return (iss, sub) => iss === issuer && isSubject(sub);
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
