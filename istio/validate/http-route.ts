import type { FieldPath } from '../field-path.ts';
import type { HeaderEdits, HttpMatch, HttpRoute } from '../schema/virtual-service.ts';
import type { Findings, Metadata } from './finding.ts';
import {
  validateCors,
  validateDirectResponse,
  validateFault,
  validateRedirect,
  validateRetries,
  validateRewrite,
} from './http-action.ts';
import { checkDuration, checkPercent, checkPort, checkStringMatch } from './values.ts';

export interface HttpRouteContext {
  readonly isDelegate: boolean;
  readonly isMeshBound: boolean;
  readonly metadata: Metadata;
}

/** `validateHTTPRoute` of Istio. */
export function validateHttpRoute(
  route: HttpRoute,
  path: FieldPath,
  context: HttpRouteContext,
  findings: Findings,
): void {
  checkAction(route, path, context, findings);
  (route.match ?? []).forEach((match, index) => {
    if (match !== null) validateHttpMatch(match, [...path, 'match', index], context, findings);
  });
  validateDestinations(route, path, findings);
  validateHeaderEdits(route.headers, [...path, 'headers'], findings);
  if (route.redirect !== undefined) validateRedirect(route, path, findings);
  if (route.directResponse !== undefined) validateDirectResponse(route, path, findings);
  if (route.rewrite !== undefined) validateRewrite(route, path, findings);
  if (route.fault !== undefined) validateFault(route.fault, [...path, 'fault'], findings);
  if (route.retries !== undefined) validateRetries(route.retries, [...path, 'retries'], findings);
  if (route.corsPolicy !== undefined) validateCors(route.corsPolicy, [...path, 'corsPolicy'], findings);
  checkDuration(route.timeout, [...path, 'timeout'], findings);
  validateMirrors(route, path, findings);
}

function checkAction(route: HttpRoute, path: FieldPath, context: HttpRouteContext, findings: Findings): void {
  const actions = [
    ...((route.route ?? []).length > 0 ? ['route'] : []),
    ...(['redirect', 'directResponse', 'delegate'] as const).filter((name) => route[name] !== undefined),
  ];
  if (actions.length === 0) {
    findings.error(
      path,
      'HTTP route, redirect, directResponse or delegate is required',
      'Say where these requests go: add `route:` with a destination.',
    );
  } else if (actions.length > 1) {
    findings.error(
      [...path, actions[1] ?? ''],
      `${actions.join(' and ')} exclude each other`,
      'Keep one of them.',
    );
  }
  if (route.delegate !== undefined && context.isDelegate)
    findings.error([...path, 'delegate'], 'a delegate must not delegate again');
}

function validateHttpMatch(
  match: HttpMatch,
  path: FieldPath,
  context: HttpRouteContext,
  findings: Findings,
): void {
  checkStringMatch(match.uri, [...path, 'uri'], findings, { isPath: true });
  for (const field of ['scheme', 'method', 'authority'] as const)
    checkStringMatch(match[field], [...path, field], findings);
  for (const [name, value] of Object.entries(match.headers ?? {})) {
    const at = [...path, 'headers', name];
    if (name === '') findings.error(at, 'header name must not be empty');
    if (name.startsWith('@request.auth.claims') && context.isMeshBound) {
      findings.error(
        at,
        'JWT claims can be matched at gateways only',
        'Bind this VirtualService to a Gateway, and not to mesh.',
      );
    }
    checkStringMatch(value, at, findings);
  }
  for (const [name, value] of Object.entries(match.withoutHeaders ?? {})) {
    checkStringMatch(value, [...path, 'withoutHeaders', name], findings, { mayBeStar: true });
  }
  for (const [name, value] of Object.entries(match.queryParams ?? {})) {
    checkStringMatch(value, [...path, 'queryParams', name], findings);
  }
  checkPort(match.port, [...path, 'port'], findings);
}

function validateDestinations(route: HttpRoute, path: FieldPath, findings: Findings): void {
  const destinations = route.route ?? [];
  destinations.forEach((entry, index) => {
    const at = [...path, 'route', index];
    if ((entry.destination?.host ?? '') === '')
      findings.error([...at, 'destination'], 'destination host must not be empty', 'Add `host:`.');
    checkPort(entry.destination?.port?.number, [...at, 'destination', 'port', 'number'], findings);
    if ((entry.weight ?? 0) < 0)
      findings.error([...at, 'weight'], `weight ${entry.weight} must not be negative`);
    validateHeaderEdits(entry.headers, [...at, 'headers'], findings);
  });
  const atRoute = countAuthorities(route.headers);
  if (route.rewrite?.authority !== undefined && atRoute > 0) {
    findings.error(
      [...path, 'headers'],
      'rewrite.authority and headers.request.set of the host exclude each other',
      'Keep one of them.',
    );
  }
  if (atRoute > 1) findings.error([...path, 'headers'], 'the host is rewritten more than once');
  if (destinations.length > 1 && destinations.every(({ weight }) => (weight ?? 0) === 0)) {
    findings.error([...path, 'route'], 'total destination weight = 0', 'Give each destination a weight.');
  }
}

const isAuthority = (name: string) => name.toLowerCase() === 'host' || name.toLowerCase() === ':authority';

function countAuthorities(edits: HeaderEdits | undefined): number {
  const names = [...Object.keys(edits?.request?.set ?? {}), ...Object.keys(edits?.request?.add ?? {})];
  return names.filter(isAuthority).length;
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE_FAULT = /[\0-\x08\x0a-\x1f\x7f]/;

export function validateHeaderEdits(
  edits: HeaderEdits | undefined,
  path: FieldPath,
  findings: Findings,
): void {
  for (const side of ['request', 'response'] as const) {
    const operations = edits?.[side];
    for (const verb of ['set', 'add'] as const) {
      for (const [name, value] of Object.entries(operations?.[verb] ?? {})) {
        const at = [...path, side, verb, name];
        const isAllowedPseudo = side === 'request' && isAuthority(name);
        if (!isAllowedPseudo && (!HEADER_NAME.test(name) || isAuthority(name)))
          findings.error(at, `the header ${JSON.stringify(name)} cannot be set`);
        if (HEADER_VALUE_FAULT.test(value)) findings.error(at, 'control character in a header value');
        else if (hasBadFormat(value))
          findings.error(
            at,
            `invalid operator in ${JSON.stringify(value)}`,
            'A literal percent sign is written "%%".',
          );
      }
    }
    (operations?.remove ?? []).forEach((name, index) => {
      if (HEADER_NAME.test(name) && !isAuthority(name)) return;
      findings.error(
        [...path, side, 'remove', index],
        `the header ${JSON.stringify(name)} cannot be removed`,
      );
    });
  }
}

function hasBadFormat(value: string): boolean {
  return value.replace(/%%|%[A-Z_0-9]+(\([^)]*\))?(:[0-9]+)?%/g, '').includes('%');
}

function validateMirrors(route: HttpRoute, path: FieldPath, findings: Findings): void {
  if (route.mirror !== undefined && route.mirrors !== undefined) {
    findings.error([...path, 'mirrors'], 'mirror and mirrors exclude each other', 'Keep one of them.');
  }
  if (route.mirror !== undefined && (route.mirror.host ?? '') === '')
    findings.error([...path, 'mirror'], 'destination host must not be empty');
  (route.mirrors ?? []).forEach((mirror, index) => {
    const at = [...path, 'mirrors', index];
    if ((mirror.destination?.host ?? '') === '')
      findings.error([...at, 'destination'], 'destination host must not be empty');
    checkPercent(mirror.percentage?.value, [...at, 'percentage', 'value'], findings);
  });
  checkPercent(route.mirrorPercentage?.value, [...path, 'mirrorPercentage', 'value'], findings);
}
