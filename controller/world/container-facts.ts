import type { Labels } from '../../model/labels.ts';

/** What the mesh needs to know of one container; nothing of Docker's API goes further than this. */
export interface ContainerFacts {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly labels: Labels;
  readonly state: 'created' | 'running' | 'paused' | 'stopped';
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** Changes with each start. */
  readonly startedAt: string;
  readonly networks: readonly NetworkFacts[];
  readonly exposedPorts: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[];
  /** Ports of the host that lead to the container; `hostPort` 0 = not known. */
  readonly publishedPorts: readonly { readonly port: number; readonly hostPort: number }[];
  /** Why Docker could not start it, in Docker's words; '' = it could, or nobody tried. */
  readonly startError: string;
  /** Name or number, e.g. `SIGTERM`; '' = Docker's default. */
  readonly stopSignal: string;
  readonly image: string;
  /** `container:ID` for one that lives in another's namespace. */
  readonly networkMode: string;
  /** It writes to a terminal: its log does not tell standard error from standard output. */
  readonly hasTerminal: boolean;
  /** User that its program starts as, in Docker's words; '' = the superuser. */
  readonly user: string;
  /** It was told to stop and has not ended yet. */
  readonly isDraining: boolean;
}

export interface NetworkFacts {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly addressV6: string;
}
