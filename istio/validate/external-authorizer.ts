import type { FieldPath } from '../field-path.ts';
import type { ExtensionProvider } from '../schema/extension-provider.ts';
import type { Findings } from './finding.ts';
import { checkDuration } from './values.ts';

/** A provider that AuthorizationPolicy's CUSTOM asks (`pkg/config/validation/extensionprovider.go` of Istio). */
export function validateExternalAuthorizer(
  { envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc }: ExtensionProvider,
  path: FieldPath,
  findings: Findings,
): void {
  if (http !== undefined) {
    const at = [...path, 'envoyExtAuthzHttp'];
    validateCommon(http, at, findings);
    const { pathPrefix = '' } = http;
    if (pathPrefix !== '' && !pathPrefix.startsWith('/'))
      findings.error(
        [...at, 'pathPrefix'],
        `${JSON.stringify(pathPrefix)} does not begin with "/"`,
        `Write "/${pathPrefix}".`,
      );
  }
  if (grpc !== undefined) validateCommon(grpc, [...path, 'envoyExtAuthzGrpc'], findings);
}

function validateCommon(
  provider: NonNullable<ExtensionProvider['envoyExtAuthzGrpc']>,
  path: FieldPath,
  findings: Findings,
): void {
  const { service = '', port = 0, timeout, statusOnError = '', includeRequestBodyInCheck: body } = provider;
  if (service === '')
    findings.error([...path, 'service'], 'service must not be empty', 'E.g. `service: authorizer`.');
  if (port < 1 || port > 65_535)
    findings.error([...path, 'port'], `${port} is no port`, 'Name a port of the service.');
  checkDuration(timeout, [...path, 'timeout'], findings);
  if (statusOnError !== '' && !/^[2-5][0-9]{2}$/.test(statusOnError))
    findings.error(
      [...path, 'statusOnError'],
      `${JSON.stringify(statusOnError)} is no status`,
      'E.g. "503".',
    );
  // Envoy's BufferSettings wants more than nothing.
  if (body !== undefined && (body.maxRequestBytes ?? 0) < 1)
    findings.error(
      [...path, 'includeRequestBodyInCheck', 'maxRequestBytes'],
      'maxRequestBytes must be at least 1',
      'E.g. 8192.',
    );
}
