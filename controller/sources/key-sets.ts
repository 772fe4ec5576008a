import type { Clock } from '../../base/clock.ts';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { parseDurationMs } from '../../istio/duration.ts';
import type { Resource } from '../../istio/resource.ts';
import type { RequestAuthenticationSpec } from '../../istio/schema/security.ts';
import { DISCOVERY_PATH, keySourceOf } from '../compile/security/authentication.ts';

/**
 * JSON Web Key Sets that RequestAuthentications name by address, or have discovered by their issuer. As in Istio the
 * control plane fetches them, not the proxies, and every 20 minutes again; what was fetched stays good while its server
 * does not answer, also over a restart of the controller. Beyond Istio, a token with a key that no proxy knows makes
 * them be fetched at once, so that a new key of an issuer works without waiting: as strangers send tokens too, at most
 * every 30 seconds.
 */
export interface KeySetDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** The body of a GET; rejects where there is none, or none in time. */
  get(uri: string, timeoutMs: number): Promise<string>;
  /** Another set than before is there. */
  onChange(sets: ReadonlyMap<string, string>): void;
}

export const REFRESH_MS = 20 * 60_000;
const RETRY_MS = { first: 1000, most: 60_000 };
/** Where a rule says nothing (JWTRule.timeout). */
export const FETCH_TIMEOUT_MS = 5000;
/** Against tokens that are made up. */
export const MIN_PAUSE_MS = 30_000;

interface Source {
  readonly uri: string;
  timeoutMs: number;
  retryMs: number;
  fetchedAtMs: number;
  isFetching: boolean;
  /** Why it could not be fetched, so that each reason is told once. */
  told: string;
  cancel: () => void;
}

export class KeySets {
  readonly #deps: KeySetDeps;
  readonly #sources = new Map<string, Source>();
  #sets: ReadonlyMap<string, string>;

  /** @param kept what was fetched before the controller's restart */
  constructor(deps: KeySetDeps, kept: ReadonlyMap<string, string> = new Map()) {
    this.#deps = deps;
    this.#sets = kept;
  }

  /** What is fetched follows the documents in force. */
  want(resources: readonly Resource[]): void {
    const wanted = timeoutsOf(resources);
    for (const [uri, source] of this.#sources) {
      if (wanted.has(uri)) continue;
      source.cancel();
      this.#sources.delete(uri);
    }
    for (const [uri, timeoutMs] of wanted) {
      const known = this.#sources.get(uri);
      if (known !== undefined) {
        known.timeoutMs = timeoutMs;
        continue;
      }
      const source = {
        ...{ uri, timeoutMs, retryMs: RETRY_MS.first, isFetching: false, cancel() {} },
        fetchedAtMs: 0,
        told: '',
      };
      this.#sources.set(uri, source);
      void this.#fetch(source);
    }
  }

  get sets(): ReadonlyMap<string, string> {
    return this.#sets;
  }

  /** A proxy met a key that it does not know. */
  refreshSoon(): void {
    for (const source of this.#sources.values()) {
      if (this.#deps.clock.now() - source.fetchedAtMs >= MIN_PAUSE_MS) void this.#fetch(source);
    }
  }

  async #fetch(source: Source): Promise<void> {
    if (source.isFetching) return;
    source.isFetching = true;
    source.cancel();
    source.fetchedAtMs = this.#deps.clock.now();
    let nextMs = REFRESH_MS;
    try {
      const set = await this.#read(source);
      source.retryMs = RETRY_MS.first;
      source.told = '';
      if (this.#sources.get(source.uri) === source) this.#keep(source.uri, set);
    } catch (error) {
      nextMs = source.retryMs;
      source.retryMs = Math.min(RETRY_MS.most, source.retryMs * 2);
      const stale = this.#sets.has(source.uri) ? 'those fetched before stay good' : 'its tokens are refused';
      const reason = errorMessage(error);
      if (source.told !== reason)
        this.#deps.log.warn(`the keys of an issuer cannot be fetched; ${stale}`, { uri: source.uri, reason });
      source.told = reason;
    }
    source.isFetching = false;
    if (this.#sources.get(source.uri) !== source) return;
    source.cancel = this.#deps.clock.after(nextMs, () => void this.#fetch(source));
  }

  async #read({ uri, timeoutMs }: Source): Promise<string> {
    if (!uri.endsWith(DISCOVERY_PATH)) return checked(await this.#deps.get(uri, timeoutMs));
    const { jwks_uri: found } = JSON.parse(await this.#deps.get(uri, timeoutMs)) as { jwks_uri?: unknown };
    if (typeof found !== 'string') throw new Error('the discovery document names no jwks_uri');
    return checked(await this.#deps.get(found, timeoutMs));
  }

  #keep(uri: string, set: string): void {
    if (this.#sets.get(uri) === set) return;
    // Those of documents that are gone go with the next change.
    const kept = [...this.#sets].filter(([known]) => this.#sources.has(known));
    this.#sets = new Map([...kept, [uri, set]]);
    this.#deps.log.info('the keys of an issuer were fetched', { uri });
    this.#deps.onChange(this.#sets);
  }
}

/** By address of keys; where several rules name one, the most patient of them counts. */
function timeoutsOf(resources: readonly Resource[]): ReadonlyMap<string, number> {
  const timeouts = new Map<string, number>();
  for (const { kind, spec } of resources) {
    if (kind !== 'RequestAuthentication') continue;
    for (const rule of (spec as RequestAuthenticationSpec).jwtRules ?? []) {
      const uri = keySourceOf(rule);
      const timeoutMs = parseDurationMs(rule.timeout ?? '') ?? FETCH_TIMEOUT_MS;
      if (uri !== '') timeouts.set(uri, Math.max(timeouts.get(uri) ?? 0, timeoutMs));
    }
  }
  return timeouts;
}

/** A page that says "down for maintenance" must not take good keys' place. */
function checked(text: string): string {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the answer is no JSON Web Key Set');
  return text;
}
