import type { Resource } from '../../../istio/resource.ts';
import type { KubernetesSecretSpec } from '../../../istio/schema/kubernetes.ts';
import { readSecretParts } from '../../../istio/secret-parts.ts';
import type { ClusterSpec } from '../../../model/cluster.ts';
import type { ListenerSpec } from '../../../model/listener.ts';
import { ANY_NAMESPACE } from '../../../model/names.ts';
import { PrivateKey, parseSecretName, type SecretSpec, TRUST_SUFFIX } from '../../../model/secret.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';

/**
 * The secrets that a proxy's listeners and clusters name, and no others. They are looked up where the proxy is; one
 * that is not there is left out, and then only what needs it fails.
 */
export function compileSecrets(
  index: WorldIndex,
  { namespace }: Workload,
  listeners: Iterable<ListenerSpec>,
  clusters: Iterable<ClusterSpec>,
): ReadonlyMap<string, SecretSpec> {
  const names = new Set<string>();
  for (const { tlsServers = [] } of listeners)
    for (const { tls } of tlsServers) for (const name of [...tls.certificates, tls.trust]) names.add(name);
  for (const { tls } of clusters) if (tls !== null) names.add(tls.certificate).add(tls.trust);
  names.delete('');
  const secrets = new Map<string, SecretSpec>();
  for (const name of [...names].sort()) {
    const secret = compileSecret(index, namespace, name);
    if (secret !== null) secrets.set(name, secret);
  }
  return secrets;
}

const NOTHING = { certificate: '', privateKey: null, trust: '', revoked: '', files: null };

function compileSecret(index: WorldIndex, namespace: string, name: string): SecretSpec | null {
  const source = parseSecretName(name);
  if (source.kind === 'files') return { ...NOTHING, name, files: source.files };
  const found = findSecret(index, namespace, source.credential);
  if (found !== undefined) return sharedSecret(index, name, found);
  // The authorities may stand in the credential's own Secret (Istio's `GetCaCert`).
  if (!source.credential.endsWith(TRUST_SUFFIX)) return null;
  const own = findSecret(index, namespace, source.credential.slice(0, -TRUST_SUFFIX.length));
  if (own === undefined || readSecretParts(own.spec).trust === '') return null;
  return sharedSecret(index, name, own);
}

/** A document of the proxy's namespace; else the files of that name, which are there for every namespace. */
function findSecret({ secrets }: WorldIndex, namespace: string, name: string) {
  return secrets.get(`${namespace}/${name}`) ?? secrets.get(`${ANY_NAMESPACE}/${name}`);
}

/** By the document's hash: a comparison of the results would not see another key. */
function sharedSecret(index: WorldIndex, name: string, from: Resource<KubernetesSecretSpec>): SecretSpec {
  return index.shared.keep(`secret ${name} ${from.namespace} ${from.hash}`, [], () => {
    const { certificate, privateKey, trust, revoked } = readSecretParts(from.spec);
    if (name.endsWith(TRUST_SUFFIX)) return { ...NOTHING, name, trust, revoked };
    const key = privateKey === '' ? null : new PrivateKey(privateKey);
    return { ...NOTHING, name, certificate, privateKey: key, trust, revoked };
  });
}
