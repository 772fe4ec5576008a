import { generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { IssuedCertificate } from '../../model/identity.ts';
import { PrivateKey } from '../../model/secret.ts';
import { encodeCertificateRequest } from './certificate-request.ts';
import type { KeptIdentity, MeshIdentity } from './identity.ts';

export interface CertificateKeeperDeps {
  readonly identity: MeshIdentity;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** `POST /v1/certificates`. */
  request(body: string): Promise<{ readonly status: number; readonly body: string }>;
  keep(kept: KeptIdentity): Promise<void>;
}

/**
 * The wall clock is looked at, instead of one long timer: timers stand still while a laptop sleeps, certificates do
 * not.
 */
const LOOK_MS = 30_000;
/** Share of its life at which a certificate is replaced; spread, so that a mesh that started at once does not ask at once. */
const RENEW_AT = { from: 0.4, spread: 0.2 };
/** Between trusting a new root and showing a certificate of it: every other proxy must have come to trust it too. */
const TRUST_SPREAD_MS = 10_000;
/** Changes of roots and names reach all proxies at the same moment. */
const SOON_MS = 1000;

/** Sees to it that the proxy always has a certificate that its peers accept. */
export class CertificateKeeper {
  readonly #deps: CertificateKeeperDeps;
  #renewAtMs = 0;
  #renewing: Promise<void> | null = null;
  #isClosed = false;
  #hasToldFailure = false;
  #expected = '';

  constructor(deps: CertificateKeeperDeps) {
    this.#deps = deps;
    if (deps.identity.held !== null) this.#plan();
    this.#look();
  }

  /** Resolves when there is a certificate that is valid now. @throws why there is none */
  async ensure(): Promise<void> {
    const { identity, clock } = this.#deps;
    if ((identity.held?.validUntilMs ?? 0) > clock.wall()) return;
    await this.#renew();
  }

  /** The controller says which roots are trusted now. */
  onTrust(trust: string): void {
    const { identity, clock, random } = this.#deps;
    if (trust === '' || trust === identity.held?.kept.trust) return;
    clock.after(SOON_MS * random(), () => void this.#tryRenewal('roots'));
    clock.after(TRUST_SPREAD_MS + SOON_MS * random(), () => void this.#tryRenewal('chain'));
  }

  /** The snapshot says who this proxy is: the trust domain may have changed. */
  onSpiffeId(spiffeId: string): void {
    if (spiffeId === '' || spiffeId === this.#expected) return;
    this.#expected = spiffeId;
    if (spiffeId !== this.#deps.identity.held?.spiffeId) this.#renewSoon();
  }

  close(): void {
    this.#isClosed = true;
  }

  #renewSoon(): void {
    this.#deps.clock.after(SOON_MS * this.#deps.random(), () => void this.#tryRenewal());
  }

  #look(): void {
    if (this.#isClosed) return;
    const { identity, clock } = this.#deps;
    if (identity.held !== null && clock.wall() >= this.#renewAtMs) void this.#tryRenewal();
    clock.after(LOOK_MS, () => this.#look());
  }

  /** Failing is no harm yet: half a life is left, and the next look tries again. */
  async #tryRenewal(part: Part = 'all'): Promise<void> {
    try {
      await this.#renew(part);
    } catch (error) {
      if (!this.#hasToldFailure)
        this.#deps.log.warn('the certificate was not renewed; tried again until it is', {
          reason: errorMessage(error),
        });
      this.#hasToldFailure = true;
    }
  }

  #renew(part: Part = 'all'): Promise<void> {
    this.#renewing ??= this.#ask(part).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** A new key each time: it leaves this process for its tmpfs only. */
  async #ask(part: Part): Promise<void> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const csr = encodeCertificateRequest(publicKey, privateKey).toString('base64');
    const { status, body } = await this.#deps.request(JSON.stringify({ csr }));
    if (status !== 200) throw new Error(`the controller gives no certificate (${status})`);
    const issued = JSON.parse(body) as IssuedCertificate;
    const key = new PrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
    const kept = takeOver({ ...issued, key }, this.#deps.identity.held?.kept ?? null, part);
    this.#deps.identity.replace(kept);
    this.#plan();
    this.#hasToldFailure = false;
    await this.#deps.keep(kept);
  }

  #plan(): void {
    const { held } = this.#deps.identity;
    if (held === null) return;
    const lifeMs = held.validUntilMs - held.validFromMs;
    this.#renewAtMs = held.validFromMs + lifeMs * (RENEW_AT.from + RENEW_AT.spread * this.#deps.random());
  }
}

/**
 * What is taken over of an answer: all of it; or, while roots change, first the roots, beside those that are trusted
 * already, and then the rest. The old ones go with the next renewal: then nobody has a certificate of them any more.
 */
type Part = 'all' | 'roots' | 'chain';

function takeOver(issued: KeptIdentity, held: KeptIdentity | null, part: Part): KeptIdentity {
  if (held === null || part === 'all') return issued;
  if (part === 'roots') return { ...held, roots: issued.roots + held.roots, trust: issued.trust };
  return { ...issued, roots: held.roots };
}
