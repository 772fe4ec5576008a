import type { EdgeReport } from '../../model/traffic.ts';

/** How a request ended, or a connection; one object for each name. */
export interface Outcome {
  /** `503 UH`, `200`, `gRPC 14 UF`; of TCP only flags. */
  readonly name: string;
  readonly isError: boolean;
  /** The caller's proxy gave the answer itself: the other side's has never seen the request. */
  readonly isUnreached: boolean;
}

type Told = EdgeReport['outcomes'][number];

/** What proxies invent beyond that is `other`. */
const MAX_OUTCOMES = 2000;
const OTHER: Outcome = { name: 'other', isError: false, isUnreached: false };
const OTHER_ERROR: Outcome = { name: 'other errors', isError: true, isUnreached: false };

export function otherThan({ isError }: Outcome): Outcome {
  return isError ? OTHER_ERROR : OTHER;
}

/** Gives the same object for the same outcome. */
export class Outcomes {
  readonly #known = new Map<string, Outcome>();

  of({ protocol, reporter }: Pick<EdgeReport, 'protocol' | 'reporter'>, told: Told): Outcome {
    const made = {
      name: nameOf(protocol, told),
      isError: isError(protocol, told),
      isUnreached: reporter === 'source' && isUnreached(told.flags),
    };
    const key = `${made.name} ${made.isError} ${made.isUnreached}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_OUTCOMES) return otherThan(made);
    this.#known.set(key, made);
    return made;
  }
}

function nameOf(protocol: EdgeReport['protocol'], { code, flags, grpcStatus }: Told): string {
  const answer = protocol === 'tcp' ? '' : grpcStatus === '' ? String(code) : `gRPC ${grpcStatus}`;
  return flags === '' ? answer : `${answer} ${flags}`.trim();
}

/** Of gRPC's statuses those that Envoy counts as the server's failures; see agent/tracing/span-tags.ts. */
const GRPC_ERRORS: ReadonlySet<string> = new Set(['2', '4', '8', '10', '12', '13', '14', '15']);

function isError(protocol: EdgeReport['protocol'], { code, flags, grpcStatus }: Told): boolean {
  if (protocol === 'tcp') return flags !== '';
  return grpcStatus === '' ? code >= 500 || code === 0 : GRPC_ERRORS.has(grpcStatus);
}

/** Flags with which the caller's own proxy answers without the other's having taken the request. */
const UNREACHED: ReadonlySet<string> = new Set([
  ...['UH', 'UF', 'UO', 'NR', 'NC', 'UC', 'DF', 'FI', 'RL', 'RLSE', 'UAEX', 'DPE', 'IH', 'OM', 'LH', 'NFCF'],
]);

function isUnreached(flags: string): boolean {
  return flags !== '' && flags.split(',').some((flag) => UNREACHED.has(flag));
}
