import type { FieldPath } from '../field-path.ts';
import type { HttpMatch, HttpRoute } from '../schema/virtual-service.ts';
import { checkDestination, checkWeights } from './destination.ts';
import type { Findings } from './finding.ts';
import { checkGatewayNames } from './gateway-name.ts';
import { checkAuthorities, HEADER_NAME, validateHeaderEdits } from './header-edits.ts';
import {
  validateCors,
  validateDirectResponse,
  validateFault,
  validateRedirect,
  validateRetries,
  validateRewrite,
} from './http-action.ts';
import { checkDuration, checkLabels, checkPort, checkStringMatch, isDnsLabel } from './values.ts';

export interface HttpRouteContext {
  readonly isDelegate: boolean;
  readonly isMeshBound: boolean;
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
  (route.route ?? []).forEach((entry, index) => {
    const at = [...path, 'route', index];
    checkDestination(entry.destination, [...at, 'destination'], findings);
    validateHeaderEdits(entry.headers, [...at, 'headers'], findings);
  });
  checkWeights(route.route ?? [], [...path, 'route'], findings);
  validateHeaderEdits(route.headers, [...path, 'headers'], findings);
  checkAuthorities(route, path, findings);
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
  if (route.delegate === undefined) return;
  if (context.isDelegate)
    findings.error(
      [...path, 'delegate'],
      'a delegate must not delegate again',
      'A VirtualService without hosts is a delegate; did you forget them?',
    );
  if ((route.delegate.name ?? '') === '')
    findings.error([...path, 'delegate', 'name'], 'the name of a delegate must not be empty');
}

const CLAIM = /^@request\.auth\.claims[.[]/;
const PSEUDO_HEADERS = [':method', ':scheme', ':authority', ':path', ':status'];

function validateHttpMatch(
  match: HttpMatch,
  path: FieldPath,
  context: HttpRouteContext,
  findings: Findings,
): void {
  checkStringMatch(match.uri, [...path, 'uri'], findings, { isPath: true });
  for (const field of ['scheme', 'method', 'authority'] as const)
    checkStringMatch(match[field], [...path, field], findings);
  for (const field of ['headers', 'withoutHeaders'] as const) {
    for (const [name, value] of Object.entries(match[field] ?? {})) {
      const at = [...path, field, name];
      checkMatchedHeader(name, at, context, findings);
      checkStringMatch(value, at, findings, { mayBeStar: field === 'withoutHeaders' });
    }
  }
  for (const [name, value] of Object.entries(match.queryParams ?? {}))
    checkStringMatch(value, [...path, 'queryParams', name], findings);
  checkPort(match.port, [...path, 'port'], findings);
  checkLabels(match.sourceLabels, [...path, 'sourceLabels'], findings);
  checkGatewayNames(match.gateways, [...path, 'gateways'], findings);
  const { sourceNamespace = '' } = match;
  if (sourceNamespace !== '' && !isDnsLabel(sourceNamespace))
    findings.error([...path, 'sourceNamespace'], `invalid namespace ${JSON.stringify(sourceNamespace)}`);
}

function checkMatchedHeader(
  name: string,
  path: FieldPath,
  { isMeshBound }: HttpRouteContext,
  findings: Findings,
): void {
  if (name === '') findings.error(path, 'header name must not be empty');
  else if (CLAIM.test(name)) {
    if (isMeshBound)
      findings.error(
        path,
        'JWT claims can be matched at gateways only',
        'Bind this VirtualService to a Gateway, and not to mesh.',
      );
  } else if (!PSEUDO_HEADERS.includes(name) && !HEADER_NAME.test(name))
    findings.error(path, `${JSON.stringify(name)} is no header name`, 'A name has no blanks.');
}

function validateMirrors(route: HttpRoute, path: FieldPath, findings: Findings): void {
  const { mirror, mirrors = [], mirrorPercent, mirrorPercentage } = route;
  if (mirror !== undefined && mirrors.length > 0)
    findings.error([...path, 'mirrors'], 'mirror and mirrors exclude each other', 'Keep one of them.');
  if (mirror !== undefined) checkDestination(mirror, [...path, 'mirror'], findings);
  mirrors.forEach(({ destination, percentage }, index) => {
    const at = [...path, 'mirrors', index];
    checkDestination(destination, [...at, 'destination'], findings);
    checkShare(percentage?.value, [...at, 'percentage', 'value'], findings);
  });
  checkShare(mirrorPercentage?.value, [...path, 'mirrorPercentage', 'value'], findings);
  if (mirrorPercent === undefined) return;
  checkShare(mirrorPercent, [...path, 'mirrorPercent'], findings);
  findings.warn(
    [...path, 'mirrorPercent'],
    'mirrorPercent is deprecated',
    `Write \`mirrorPercentage: { value: ${mirrorPercent} }\`.`,
  );
}

function checkShare(value: number | undefined, path: FieldPath, findings: Findings): void {
  if (value !== undefined && (value < 0 || value > 100))
    findings.error(path, `percentage ${value} is not in range 0..100`);
}
