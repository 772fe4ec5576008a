import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What is written to the state volume. */
export interface SessionState {
  /** Hexadecimal; signs tokens and sessions, so that they outlive a restart of the controller. */
  readonly key: string;
  /** Tokens that were exchanged already, by their nonce. */
  readonly used: readonly string[];
}

export function createSessionState(): SessionState {
  return { key: randomBytes(32).toString('hex'), used: [] };
}

interface Claims {
  readonly kind: 'token' | 'session';
  /** Id of the proxy's own container: what Docker says of it is its identity. */
  readonly container: string;
  readonly nonce: string;
}

/** One-time tokens and the sessions that they are exchanged for. A token proves nothing but a container's id. */
export class Sessions {
  readonly #key: Buffer;
  readonly #used: Set<string>;
  readonly #onChange: (state: SessionState) => void;

  constructor(state: SessionState, onChange: (state: SessionState) => void) {
    this.#key = Buffer.from(state.key, 'hex');
    this.#used = new Set(state.used);
    this.#onChange = onChange;
  }

  issueToken(container: string): string {
    return this.#sign({ kind: 'token', container, nonce: randomBytes(16).toString('hex') });
  }

  /** The container that a token was issued for, or null if it is forged, of another kind, or was used before. */
  claimant(token: string): string | null {
    const claims = this.#verify(token, 'token');
    return claims === null || this.#used.has(claims.nonce) ? null : claims.container;
  }

  /** The session for a token, which is worth nothing from then on; null as {@link claimant}. */
  redeem(token: string): string | null {
    const claims = this.#verify(token, 'token');
    if (claims === null || this.#used.has(claims.nonce)) return null;
    this.#used.add(claims.nonce);
    this.#onChange({ key: this.#key.toString('hex'), used: [...this.#used] });
    return this.#sign({
      kind: 'session',
      container: claims.container,
      nonce: randomBytes(16).toString('hex'),
    });
  }

  /** The container that a session belongs to, or null. */
  containerOf(session: string): string | null {
    return this.#verify(session, 'session')?.container ?? null;
  }

  #sign(claims: Claims): string {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${body}.${this.#mac(body)}`;
  }

  #mac(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }

  #verify(credential: string, kind: Claims['kind']): Claims | null {
    const [body = '', mac = ''] = credential.split('.');
    const expected = Buffer.from(this.#mac(body));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
    return claims.kind === kind ? claims : null;
  }
}
