/** What AuthorizationPolicy becomes for the proxies that it is about (security/v1, authorization_policy.proto). */

export interface AuthorizationSpec {
  /** `namespace/name`. */
  readonly name: string;
  readonly action: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
  /** Annotation `istio.io/dry-run`: decides nothing. */
  readonly isDryRun: boolean;
  /** Alternatives; none = it matches nothing. */
  readonly rules: readonly AuthorizationRuleSpec[];
  /** Whom CUSTOM asks; null = none, or one that is not known: what matches is refused. */
  readonly provider: ExternalAuthorizerSpec | null;
}

/** `from`, `to` and `when` hold together. */
export interface AuthorizationRuleSpec {
  /** Alternatives, each of conditions that hold together; empty = any. */
  readonly from: readonly (readonly ConditionSpec[])[];
  readonly to: readonly (readonly ConditionSpec[])[];
  readonly when: readonly ConditionSpec[];
}

export interface ConditionSpec {
  readonly attribute: Attribute;
  /** Name of the header in lower case, or the steps to a claim; empty for the other attributes. */
  readonly key: readonly string[];
  /** One of them must match; empty = none is asked for. */
  readonly values: readonly string[];
  /** None of them may match. */
  readonly notValues: readonly string[];
}

/** Istio's own names (keys of `when`), and the fields of `operation` as `request.…`. */
export type Attribute =
  | 'source.principal'
  | 'source.namespace'
  | 'source.serviceAccount'
  | 'source.trustDomain'
  | 'source.ip'
  | 'remote.ip'
  | 'request.host'
  | 'request.method'
  | 'request.path'
  | 'request.headers'
  | 'request.auth.principal'
  | 'request.auth.audiences'
  | 'request.auth.presenter'
  | 'request.auth.claims'
  | 'destination.ip'
  | 'destination.port'
  | 'connection.sni'
  | 'unknown';

/** MeshConfig's `envoyExtAuthzHttp` and `envoyExtAuthzGrpc`: a service that is asked whether a request may pass. */
export interface ExternalAuthorizerSpec {
  readonly name: string;
  /** What it speaks; with gRPC the fields about single headers are empty, since it sees and says all of them. */
  readonly protocol: 'http' | 'grpc';
  readonly cluster: string;
  /** How much of a request's body it sees; null = nothing. */
  readonly body: CheckedBodySpec | null;
  readonly pathPrefix: string;
  readonly timeoutMs: number;
  /** Where it does not answer, or with a status of 500 and above: the request passes. */
  readonly failOpen: boolean;
  /** Of the answer in that case, if it does not pass. */
  readonly statusOnError: number;
  /** Header names, exact, `prefix*` or `*suffix`, in lower case. */
  readonly includeHeaders: readonly string[];
  readonly addHeaders: readonly (readonly [name: string, value: string])[];
  readonly headersToUpstreamOnAllow: readonly string[];
  readonly headersToDownstreamOnAllow: readonly string[];
  readonly headersToDownstreamOnDeny: readonly string[];
  /** The route is looked for again, by the headers that it gave. */
  readonly clearsRoute: boolean;
}

export interface CheckedBodySpec {
  readonly maxBytes: number;
  /** It is shown the beginning of a longer body; else such a request gets 413. */
  readonly allowsPartial: boolean;
  /** With gRPC: as bytes, not as a string. */
  readonly packsBytes: boolean;
}
