/** A recorded scenario and its answers, in the form of `vectors/data/THEME/NAME.yaml` (README.md explains each key). */

export interface Scenario {
  /** `theme/name`. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly meshConfig?: string;
  readonly config: string;
  readonly workloads: readonly ScenarioWorkload[];
  readonly services: readonly ScenarioService[];
  /** Secrets with a certificate for a host, without authorities. */
  readonly certificates?: readonly ScenarioCertificate[];
  readonly calls: readonly Call[];
}

export interface ScenarioWorkload {
  readonly name: string;
  readonly namespace?: string;
  readonly serviceAccount?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly proxy?: 'sidecar' | 'gateway';
  /** It listens there beside the ports of its services. */
  readonly ports?: readonly number[];
  /** Names by which DNS outside the mesh finds it. */
  readonly hosts?: readonly string[];
  readonly ip?: string;
}

export interface ScenarioService {
  readonly name: string;
  readonly namespace?: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort?: number }[];
}

export interface ScenarioCertificate {
  readonly name: string;
  readonly namespace: string;
  readonly host: string;
}

export interface Call {
  readonly name: string;
  readonly request: CallRequest;
  readonly answer: Answer;
}

export interface CallRequest {
  /** Name of a workload; absent = outside the mesh. */
  readonly from?: string;
  /** Opens the connection to this workload's own address. */
  readonly via?: string;
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly times?: number;
}

/** What was recorded, and, in the same form, what happened here. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly backend?: Backend;
  readonly noAnswer?: string;
  readonly hops?: readonly Hop[];
  readonly arrivals?: readonly string[];
  readonly counts?: Readonly<Record<string, number | Band>>;
  readonly ms?: number | Band;
}

export interface Band {
  readonly atLeast: number;
  readonly atMost: number;
}

/** The application that answered, and what it saw of the request. */
export interface Backend {
  readonly workload: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly proto: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One line of a proxy's access log; what it does not have is absent. */
export interface Hop {
  readonly proxy: string;
  readonly route?: string;
  readonly cluster?: string;
  readonly upstream?: string;
  readonly status: number;
  readonly flags?: string;
  readonly details: string;
  readonly attempts: number;
  readonly path: string;
  readonly peer?: string;
}
