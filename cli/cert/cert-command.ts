import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { ROOT_NAMESPACE } from '../../model/names.ts';
import { CliError } from '../cli-error.ts';
import { print } from '../terminal/output.ts';
import type { KeyPair } from './local-authority.ts';

interface CertOptions {
  readonly name?: string;
  readonly namespace: string;
  readonly write?: string;
  readonly mutual: boolean;
  readonly files: boolean;
  readonly ca?: string;
}

/** `lateen x cert`: TLS for development in one line. */
export function addCertCommand(group: Command): void {
  group
    .command('cert <host...>')
    .description('a Secret with a certificate for these hosts, from an authority of your own that is kept')
    .option('--name <name>', 'name of the Secret (default: the first host with "-" for ".")')
    .option('-n, --namespace <namespace>', 'where the gateway is', ROOT_NAMESPACE)
    .option('-w, --write <file>', 'write it there instead of printing it, readable by you alone')
    .option('--mutual', 'with the authority in it, for the modes MUTUAL and OPTIONAL_MUTUAL', false)
    .option('--files', 'certificate and key in PEM, for a program, instead of a Secret', false)
    .addOption(new Option('--ca <folder>', 'where the authority is kept (default: ~/.config/lateen/ca)'))
    .addHelpText('after', '\nExample:\n  lateen x cert shop.example.com -w mesh/shop-example-com.yaml')
    .action(makeCertificate);
}

async function makeCertificate(hosts: readonly string[], options: CertOptions): Promise<void> {
  for (const host of hosts) checkHost(host);
  // Loaded for this verb alone: it would slow down all others.
  const { issueCertificate } = await import('./local-authority.ts');
  const { defaultFolder, openRoot, rootFiles } = await import('./kept-root.ts');
  const folder = options.ca ?? defaultFolder(process.env);
  const nowMs = Date.now();
  const root = await openRoot(folder, nowMs);
  const pair = await issueCertificate(root, hosts, nowMs);
  const name = options.name ?? nameFor(hosts[0] ?? '');
  const text = options.files ? pair.certificate + pair.privateKey : secretOf(name, pair, root, options);
  if (options.write === undefined) print(text.trimEnd());
  else await writeFile(options.write, text, { mode: 0o600 });
  explain(name, rootFiles(folder).certificate, options, root.isNew);
}

/** Names, `*.suffix` and IP addresses. */
function checkHost(host: string): void {
  if (/^(\*\.)?[A-Za-z0-9_]([-A-Za-z0-9_.]*[A-Za-z0-9_])?$/.test(host) || /^[0-9a-fA-F:]+$/.test(host))
    return;
  throw new CliError(
    'LAT1009',
    `${JSON.stringify(host)} is no host`,
    'Write a name, *.SUFFIX or an IP address.',
    2,
  );
}

function nameFor(host: string): string {
  const name = host
    .toLowerCase()
    .replace('*', 'wildcard')
    .replaceAll(/[^a-z0-9]+/g, '-');
  return name.replaceAll(/^-|-$/g, '');
}

function secretOf(name: string, pair: KeyPair, root: KeyPair, { namespace, mutual }: CertOptions): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'kubernetes.io/tls',
      stringData: {
        'tls.crt': pair.certificate,
        'tls.key': pair.privateKey,
        ...(mutual && { 'ca.crt': root.certificate }),
      },
    },
    { lineWidth: 0 },
  );
}

/** On standard error: the Secret alone is the output. */
function explain(name: string, authority: string, { files, write }: CertOptions, isNew: boolean): void {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  if (!files) say(`In the Gateway: tls: { mode: SIMPLE, credentialName: ${name} }`);
  if (write !== undefined) say(`${write} holds a private key: keep it out of version control.`);
  if (isNew) say(`A new authority was made: ${authority}`);
  say(`To trust it, in one program:  curl --cacert ${authority} …   NODE_EXTRA_CA_CERTS=${authority} node …`);
  say(
    `  macOS:   security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${authority}`,
  );
  say(
    `  Debian:  sudo cp ${authority} /usr/local/share/ca-certificates/lateen.crt && sudo update-ca-certificates`,
  );
  say(`  Fedora:  sudo trust anchor ${authority}`);
  say(`  Windows: certutil -user -addstore Root ${authority}`);
}
