/** What `docker compose config --format json` says, of the fields that are looked at here. */
export interface ComposeConfig {
  readonly name: string;
  readonly services: Readonly<Record<string, ConfigService>>;
  readonly networks?: Readonly<Record<string, ConfigObject & { readonly driver?: string }>>;
  readonly volumes?: Readonly<Record<string, ConfigObject>>;
  readonly secrets?: Readonly<Record<string, ConfigObject & { readonly file?: string }>>;
  readonly configs?: Readonly<Record<string, ConfigObject & { readonly file?: string }>>;
}

interface ConfigObject {
  readonly name?: string;
  readonly external?: boolean;
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
  readonly container_name?: string;
  readonly volumes?: readonly ConfigMount[];
}

export interface ConfigMount {
  readonly type: string;
  readonly source?: string;
  readonly bind?: { readonly create_host_path?: boolean };
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
