import type { ContainerFacts } from './container-facts.ts';

/** Variables of compose/mesh.yml by which a port of the host is chosen. */
const VARIABLES = new Map([
  [8080, 'LATEEN_HTTP_PORT'],
  [8443, 'LATEEN_HTTPS_PORT'],
]);
/** Docker's words, with its own proxy and without. */
const IN_USE = /port is already allocated|address already in use/i;

/** Why a gateway did not start, with the variable that helps where a port of the host is taken; null = no fault. */
export function gatewayStartFault({
  name,
  startError,
  publishedPorts,
}: ContainerFacts): { readonly message: string; readonly remedy: string } | null {
  if (startError === '') return null;
  const message = `the gateway ${name} could not be started: ${startError}`;
  if (!IN_USE.test(startError)) return { message, remedy: '' };
  const taken = publishedPorts.filter(({ hostPort }) => new RegExp(`:${hostPort}\\b`).test(startError));
  const ways = (taken.length > 0 ? taken : publishedPorts).flatMap(({ port, hostPort }) => {
    const variable = VARIABLES.get(port);
    return variable === undefined ? [] : [`set ${variable} to another port than ${hostPort}`];
  });
  const choice = ways.length === 0 ? 'publish another port' : ways.join(' or ');
  return {
    message,
    remedy: `Stop what listens there, or ${choice}; then run \`docker compose up -d\` again.`,
  };
}
