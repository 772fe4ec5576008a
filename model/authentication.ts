/** What RequestAuthentication becomes for the proxies that it is about (security/v1, request_authentication.proto). */

export interface AuthenticationSpec {
  /** `namespace/name`. */
  readonly name: string;
  readonly rules: readonly JwtRuleSpec[];
}

export interface JwtRuleSpec {
  /** What `iss` must be; '' = anything. */
  readonly issuer: string;
  /** One of them must be in `aud`; empty = not asked for. */
  readonly audiences: readonly string[];
  /** JSON Web Key Set as text; '' = it could not be had yet, and no token of this rule is good. */
  readonly jwks: string;
  /** Where it comes from, '' = the document itself. */
  readonly jwksUri: string;
  /** Where a token is looked for; Istio's defaults are filled in. */
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  /** The token is left in the request. */
  readonly forwardsToken: boolean;
  /** Lower case; '' = none. */
  readonly payloadHeader: string;
  /** Header in lower case, and the steps to the claim. */
  readonly claimHeaders: readonly { readonly header: string; readonly claim: readonly string[] }[];
  /** Claims whose words are compared one by one; `scope` and `permission` are filled in. */
  readonly spaceDelimitedClaims: readonly string[];
}
