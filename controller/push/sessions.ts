import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What is written to the state volume. */
export interface SessionState {
  /** Hexadecimal; signs sessions, so that they outlive a restart of the controller. */
  readonly key: string;
}

export function createSessionState(): SessionState {
  return { key: randomBytes(32).toString('hex') };
}

interface Claims {
  readonly kind: 'session';
  /** Id of the proxy's own container: what Docker says of it is its identity. */
  readonly container: string;
  readonly nonce: string;
}

/** What a proxy that has proven its container is known by from then on. A session says nothing but a container's id. */
export class Sessions {
  readonly #key: Buffer;

  constructor({ key }: SessionState) {
    this.#key = Buffer.from(key, 'hex');
  }

  issue(container: string): string {
    return this.#sign({ kind: 'session', container, nonce: randomBytes(16).toString('hex') });
  }

  /** The container that a session belongs to, or null. */
  containerOf(session: string): string | null {
    const [body = '', mac = ''] = session.split('.');
    const expected = Buffer.from(this.#mac(body));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
    return claims.kind === 'session' ? claims.container : null;
  }

  #sign(claims: Claims): string {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${body}.${this.#mac(body)}`;
  }

  #mac(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }
}
