import type { SecureContext } from 'node:tls';
import type { MissingMaterial, TlsMaterial } from '../../model/secret.ts';

/** Parsed once for each material, not once for each connection. */
const contexts = new WeakMap<TlsMaterial, SecureContext>();

/**
 * The context of connections that show a certificate, or trust others than the system's roots.
 * @param curves empty = OpenSSL's own
 * @throws Error for material that is missing, or that OpenSSL does not take
 */
export function clientContext(
  material: TlsMaterial | MissingMaterial,
  curves: readonly string[],
): SecureContext {
  if ('missing' in material) throw new Error(material.missing);
  const known = contexts.get(material);
  if (known !== undefined) return known;
  const { pairs, trust, revoked } = material;
  const context = process.getBuiltinModule('node:tls').createSecureContext({
    ...(pairs.length > 0 && {
      cert: pairs.map(({ certificate }) => certificate),
      key: pairs.map(({ privateKey }) => privateKey.reveal()),
    }),
    ...(trust !== '' && { ca: trust }),
    ...(revoked !== '' && { crl: revoked }),
    ...(curves.length > 0 && { ecdhCurve: curves.join(':') }),
  });
  contexts.set(material, context);
  return context;
}
