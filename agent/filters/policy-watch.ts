import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type {
  DryRunAction,
  DryRunResult,
  DryRunResults,
  PolicyObserver,
} from '../policy/authorization/authorizer.ts';
import type { Subject } from '../policy/authorization/subject.ts';

/** One line for a rule and a caller in this time: a dry run is there to be left running. */
const SILENCE_MS = 60_000;
const MAX_REMEMBERED = 1000;
/** Ports are the callers' choice where all of a workload's are captured. */
const MAX_PORTS = 100;

/**
 * What AuthorizationPolicies said: decisions counted, dry runs (`istio.io/dry-run`) counted and logged, AUDIT logged.
 * One per process; outlives snapshots.
 */
export class PolicyWatch {
  readonly #log: PolicyLog;
  readonly #byPort = new Map<number, WatchedPolicies>();
  /** All ports that came too late to be told apart. */
  readonly #others: WatchedPolicies;
  /** Connections that carry no HTTP. */
  readonly ofConnections: WatchedPolicies;

  constructor(clock: Clock, log: Logger) {
    this.#log = new PolicyLog(clock, log);
    this.ofConnections = new WatchedPolicies('tcp', this.#log);
    this.#others = new WatchedPolicies('http_others', this.#log);
  }

  ofRequests(isGateway: boolean, port: number): WatchedPolicies {
    return this.#byPort.get(port) ?? this.#create(isGateway, port);
  }

  #create(isGateway: boolean, port: number): WatchedPolicies {
    if (this.#byPort.size >= MAX_PORTS) return this.#others;
    // Istio's `stat_prefix` of a listener: one that gateways have is an outbound one.
    const prefix = `http_${isGateway ? 'outbound' : 'inbound'}_0_0_0_0_${port}`;
    const made = new WatchedPolicies(prefix, this.#log);
    this.#byPort.set(port, made);
    return made;
  }

  get all(): readonly WatchedPolicies[] {
    return [this.ofConnections, ...this.#byPort.values(), this.#others];
  }
}

/** Counters of one listener, in the parts of Envoy's names. */
export class WatchedPolicies implements PolicyObserver {
  readonly prefix: string;
  readonly enforced = { allowed: 0, denied: 0 };
  readonly dryRuns: Readonly<Record<DryRunAction, { allowed: number; denied: number }>> = {
    allow: { allowed: 0, denied: 0 },
    deny: { allowed: 0, denied: 0 },
  };
  readonly #log: PolicyLog;
  #results: DryRunResults | null = null;

  constructor(prefix: string, log: PolicyLog) {
    this.prefix = prefix;
    this.#log = log;
  }

  countDecision(isAllowed: boolean): void {
    if (isAllowed) this.enforced.allowed += 1;
    else this.enforced.denied += 1;
  }

  onDryRun(action: DryRunAction, result: DryRunResult, subject: Subject): void {
    const counts = this.dryRuns[action];
    this.#results = { ...this.#results, [action]: result };
    if (!result.isDenied) counts.allowed += 1;
    else {
      counts.denied += 1;
      this.#log.dryRunDenied(result.rule === '' ? 'none' : result.rule, subject);
    }
  }

  /** What came of the decision that was just made; null = there are no dry runs. */
  takeDryRuns(): DryRunResults | null {
    const results = this.#results;
    this.#results = null;
    return results;
  }

  onAudit(rule: string, subject: Subject): void {
    this.#log.audited(rule, subject);
  }
}

class PolicyLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #told = new Map<string, number>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Envoy's words, which it writes at level debug. */
  dryRunDenied(rule: string, subject: Subject): void {
    const key = `${rule}|${subject.peer.identity || subject.peer.remoteAddress}`;
    const now = this.#clock.now();
    const last = this.#told.get(key);
    if (last !== undefined && now - last < SILENCE_MS) return;
    if (this.#told.size >= MAX_REMEMBERED) this.#told.clear();
    this.#told.set(key, now);
    this.#log.info(`shadow denied, matched policy ${rule}`, describe(subject));
  }

  /** Each one: an audit with gaps would be none. */
  audited(rule: string, subject: Subject): void {
    this.#log.info(`audited, matched policy ${rule}`, describe(subject));
  }
}

/** Without query, which may hold a token. */
function describe({ peer, request, path }: Subject) {
  const { remoteAddress: address, originalDestination } = peer;
  const call = request === null ? {} : { method: request.method, host: request.authority, path };
  return { caller: peer.identity || 'no identity', address, port: originalDestination.port, ...call };
}
