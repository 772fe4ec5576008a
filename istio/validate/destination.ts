import type { FieldPath } from '../field-path.ts';
import type { Destination } from '../schema/virtual-service.ts';
import { checkSubsetName } from './destination-rule.ts';
import type { Findings } from './finding.ts';
import { checkPort, isHost } from './values.ts';

/** `validateDestination` of Istio. */
export function checkDestination(
  destination: Destination | undefined,
  path: FieldPath,
  findings: Findings,
): void {
  const host = destination?.host ?? '';
  if (host === '')
    findings.error(path, 'destination host must not be empty', 'Name the service: `host: reviews`.');
  else if (host === '*' || !isHost(host))
    findings.error([...path, 'host'], `invalid destination host ${JSON.stringify(host)}`, 'Name a service.');
  if ((destination?.subset ?? '') !== '')
    checkSubsetName(destination?.subset ?? '', [...path, 'subset'], findings);
  if (destination?.port === undefined) return;
  if (destination.port.number === undefined)
    findings.error([...path, 'port'], 'port.number is required', 'Write `port: { number: 80 }`.');
  checkPort(destination.port.number, [...path, 'port', 'number'], findings);
}

/** Weights are shares of their sum, which need not be 100. */
export function checkWeights(
  destinations: readonly { readonly weight?: number | undefined }[],
  path: FieldPath,
  findings: Findings,
): void {
  destinations.forEach(({ weight = 0 }, index) => {
    if (weight < 0) findings.error([...path, index, 'weight'], `weight ${weight} must not be negative`);
  });
  if (destinations.length > 1 && destinations.every(({ weight = 0 }) => weight === 0))
    findings.error(path, 'total destination weight = 0', 'Give each destination a weight.');
}
