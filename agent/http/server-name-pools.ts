import type { ClusterSpec, UpstreamTlsSpec } from '../../model/cluster.ts';
import type { Pool } from '../exchange/streams.ts';
import { hostOf } from '../policy/route-table.ts';
import { KeyedPools } from './keyed-pools.ts';

type TlsClusterSpec = ClusterSpec & { readonly tls: UpstreamTlsSpec };

/** The server name of its TLS is that of the request. */
export function followsHost(spec: ClusterSpec): spec is TlsClusterSpec {
  return spec.tls !== null && spec.tls.sni === '' && spec.tls.mode !== 'istio-mutual';
}

/**
 * TLS whose server name follows the request's Host (Istio's auto_sni and auto_san_validation): a connection was
 * verified for one name, so each name has connections of its own.
 */
export function createServerNamePools(spec: TlsClusterSpec, createPool: (spec: ClusterSpec) => Pool): Pool {
  return new KeyedPools(
    ({ authority }) => hostOf(authority).toLowerCase(),
    (name) => createPool({ ...spec, tls: { ...spec.tls, sni: name } }),
  );
}
