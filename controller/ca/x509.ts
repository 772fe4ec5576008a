// The library's own container of parts wants it first.
import 'reflect-metadata';

export * from '@peculiar/x509';

/** What everything of the mesh is signed with (Istio's default of `ECC_SIGNATURE_ALGORITHM`). */
export const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
