import { type Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { isWildcard } from '../../istio/host.ts';
import { isIpAddress } from '../../istio/ip-address.ts';
import { CliError } from '../cli-error.ts';
import { print } from '../terminal/output.ts';
import { egressDocuments, type WayOut } from './egress-objects.ts';

interface EgressOptions {
  readonly originateTls: boolean;
  readonly direct: boolean;
  readonly protocol?: WayOut['protocol'];
}

/** `egress HOST[:PORT]`: prints what a way out takes, and changes nothing. */
export function addEgressCommand(program: Command): void {
  program
    .command('egress')
    .argument('<host[:port]>', 'a host outside of the mesh; port 443 if none is given', parseTarget)
    .description('prints the documents that let a host outside be called, through the egress gateway')
    .option('--originate-tls', 'applications call http://HOST, and the gateway speaks TLS to the host', false)
    .option('--direct', 'straight from the sidecars, without the egress gateway', false)
    .addOption(
      new Option(
        '--protocol <protocol>',
        'default: http on 80 and 8080, tls on 443 and 8443, else tcp',
      ).choices([...['http', 'tls', 'tcp']]),
    )
    .addHelpText(
      'after',
      '\nThe gateway runs where LATEEN_EGRESS_GATEWAYS=1 is set (e.g. in .env).' +
        '\n\nExamples:\n  lateen egress api.example.com > mesh/api.yaml\n  lateen egress api.example.com --originate-tls' +
        '\n  lateen egress db.example.com:5432 --direct',
    )
    .action((target: Target, options: EgressOptions) => {
      print(egressText(target, options));
    });
}

interface Target {
  readonly host: string;
  readonly port: number;
}

function parseTarget(text: string): Target {
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? 443);
  if (match?.[1] === undefined || port < 1 || port > 65535)
    throw new InvalidArgumentError('Write HOST or HOST:PORT, e.g. api.example.com:443.');
  return { host: match[1].toLowerCase(), port };
}

export function egressText({ host, port }: Target, options: EgressOptions): string {
  const { originateTls: originatesTls, direct: isDirect } = options;
  const protocol = options.protocol ?? defaultProtocol(port);
  checkHost(host, protocol);
  if (originatesTls && isWildcard(host) && port !== 443)
    throw new CliError(
      'LAT1009',
      `the hosts of ${host} cannot be asked for TLS on port ${port}`,
      'A proxy that looks hosts up speaks TLS to port 443 alone; name each host.',
    );
  if (originatesTls && protocol === 'http')
    throw new CliError(
      'LAT1009',
      `on port ${port} of ${host} is no TLS`,
      `Name the port where the host speaks TLS: ${host}:443.`,
    );
  const documents = egressDocuments({ host, port, protocol, originatesTls, isDirect });
  return documents.map((document) => stringify(document).trimEnd()).join('\n---\n');
}

function checkHost(host: string, protocol: WayOut['protocol']): void {
  if (isIpAddress(host) || !host.includes('.'))
    throw new CliError(
      'LAT1009',
      `${host} is no DNS name of a host outside`,
      'Name the host as applications call it; one with an address alone needs a ServiceEntry with `addresses`.',
    );
  if (isWildcard(host) && protocol === 'tcp')
    throw new CliError(
      'LAT1009',
      `plain TCP does not tell which host of ${host} is meant`,
      'Name each host; HTTP and TLS name theirs in each call.',
    );
}

function defaultProtocol(port: number): WayOut['protocol'] {
  if (port === 80 || port === 8080) return 'http';
  return port === 443 || port === 8443 ? 'tls' : 'tcp';
}
