/** What `docker compose config --format json` says, of the fields that are looked at here. */
export interface ComposeConfig {
  readonly name: string;
  readonly services: Readonly<Record<string, ConfigService>>;
  readonly networks?: Readonly<Record<string, { readonly driver?: string; readonly external?: boolean }>>;
  readonly secrets?: Readonly<Record<string, { readonly external?: boolean }>>;
  readonly configs?: Readonly<Record<string, { readonly external?: boolean }>>;
}

export interface ConfigService {
  readonly image?: string;
  readonly build?: unknown;
  readonly pull_policy?: string;
  readonly network_mode?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly ConfigPort[];
  readonly expose?: readonly string[];
  readonly deploy?: { readonly mode?: string; readonly replicas?: number };
  readonly scale?: number;
}

export interface ConfigPort {
  readonly target: number;
  /** Absent = Docker chooses one. */
  readonly published?: string;
  readonly host_ip?: string;
  readonly protocol?: string;
}

/** Where in the user's files something is said. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

export const formatPlace = (place: Place | null, otherwise: string): string =>
  place === null ? otherwise : place.line > 0 ? `${place.file}:${place.line}` : place.file;
