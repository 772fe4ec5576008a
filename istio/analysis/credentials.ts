import { createPrivateKey, X509Certificate } from 'node:crypto';
import { errorMessage } from '../../base/errors.ts';
import { ANY_NAMESPACE, ROOT_NAMESPACE } from '../../model/names.ts';
import { TRUST_SUFFIX } from '../../model/secret.ts';
import type { Resource } from '../resource.ts';
import type { GatewaySpec, ServerTls } from '../schema/gateway.ts';
import type { KubernetesSecretSpec } from '../schema/kubernetes.ts';
import { readSecretParts } from '../secret-parts.ts';
import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';

/** Secrets that Gateways name: whether they are there (IST0101), and hold a certificate with its key (IST0161). */
export function checkCredentials(view: MeshView, report: Report): void {
  if (view.workloads === null) return;
  for (const gateway of view.of('Gateway')) {
    // Secrets are looked up where the gateway's containers are.
    const namespace = view.select(gateway.spec.selector, null)[0]?.namespace ?? ROOT_NAMESPACE;
    (gateway.spec.servers ?? []).forEach(({ tls }, index) => {
      const names = [tls?.credentialName ?? '', ...(tls?.credentialNames ?? [])].filter(
        (name) => name !== '',
      );
      const field = tls?.credentialNames === undefined ? 'credentialName' : 'credentialNames';
      const path = ['spec', 'servers', index, 'tls', field];
      for (const name of names) {
        const secret = view.find('Secret', namespace, name) ?? view.find('Secret', ANY_NAMESPACE, name);
        if (secret !== undefined) {
          const fault = credentialFault(secret.spec, view.nowMs);
          if (fault === null) checkTrust(gateway, index, tls ?? {}, { namespace, name }, view, report);
          else
            report.error(
              gateway,
              'IST0161',
              path,
              `The credential ${namespace}/${name} is invalid: ${fault}`,
              'It needs tls.crt and tls.key that are valid now, in PEM: in base64 below data, or as they are below stringData.',
            );
        } else if (!view.credentials.has(`${namespace}/${name}`))
          report.error(
            gateway,
            'IST0101',
            path,
            `Referenced credentialName not found: "${name}"`,
            remedyFor(name, namespace, view),
          );
      }
    });
  }
}

/** Callers of mode MUTUAL are held against an authority: without one nobody is let in. */
function checkTrust(
  gateway: Resource<GatewaySpec>,
  index: number,
  { mode, caCertCredentialName: own = '' }: ServerTls,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  view: MeshView,
  report: Report,
): void {
  if (mode !== 'MUTUAL' && mode !== 'OPTIONAL_MUTUAL') return;
  const trustOf = (secret: string) => {
    const found = view.find('Secret', namespace, secret) ?? view.find('Secret', ANY_NAMESPACE, secret);
    return found === undefined ? '' : readSecretParts(found.spec).trust;
  };
  const places = own === '' ? [name, `${name}${TRUST_SUFFIX}`] : [own];
  if (places.some((place) => trustOf(place) !== '' || view.credentials.has(`${namespace}/${place}`))) return;
  report.error(
    gateway,
    'IST0161',
    ['spec', 'servers', index, 'tls', own === '' ? 'credentialName' : 'caCertCredentialName'],
    `mode ${mode} has no authority for its callers: no ca.crt in a Secret ${places.map((place) => `${namespace}/${place}`).join(' or ')}`,
    'Put ca.crt into the Secret: `lateen x cert HOST --mutual` does.',
  );
}

function remedyFor(name: string, namespace: string, view: MeshView): string {
  const elsewhere: Resource | undefined = view.of('Secret').find((secret) => secret.name === name);
  return elsewhere === undefined
    ? `Define a Secret with \`namespace: ${namespace}\`, where the gateway is.`
    : `There is one in ${elsewhere.namespace}: give it \`namespace: ${namespace}\`, where the gateway is.`;
}

/** null = a certificate and its key; `nowMs` 0 = whether it has expired is not asked. */
export function credentialFault(spec: KubernetesSecretSpec, nowMs = 0): string | null {
  const { certificate, privateKey } = readSecretParts(spec);
  if (certificate === '') return 'it has no tls.crt';
  if (privateKey === '') return 'it has no tls.key';
  try {
    const read = new X509Certificate(certificate);
    if (!read.checkPrivateKey(createPrivateKey(privateKey))) return 'the key belongs to another certificate';
    return Date.parse(read.validTo) < nowMs ? `it expired on ${read.validTo}` : null;
  } catch (error) {
    return errorMessage(error);
  }
}
