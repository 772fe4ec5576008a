import type { Labels } from '../../model/labels.ts';

/** What a running mesh knows of itself: the `/debug/registryz` page. */
export interface KnownServices {
  readonly services: readonly KnownService[];
  readonly workloads: readonly KnownWorkload[];
  /** `namespace/name` of credentials that are no documents but files. */
  readonly credentials?: readonly string[];
  /** The time there, to see what has expired; absent = nothing has. */
  readonly nowMs?: number;
}

export interface KnownService {
  readonly hostname: string;
  /** The second label of the hostname where it is missing. */
  readonly namespace?: string;
  /** Of a ServiceEntry: its hosts are none of the workloads alone. */
  readonly external?: unknown;
  readonly ports: readonly KnownPort[];
  /** It may have more ports than these: what its image exposes cannot be told. */
  readonly hasUnknownPorts?: boolean;
  /** Ids of workloads. */
  readonly members: readonly string[];
  /** Who may see it: `*`, `.`, namespaces; everybody where it is empty or missing. */
  readonly exportTo?: readonly string[];
}

export interface KnownPort {
  readonly number: number;
  readonly targetPort?: number;
}

export interface KnownWorkload {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  /** null = no proxy: no policy acts on it. */
  readonly proxy?: 'sidecar' | 'gateway' | null;
}
