import type { ResponseFlag } from '../../model/response-flag.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { JwtClaims } from '../policy/authentication/claims.ts';
import type { DryRunResults } from '../policy/authorization/authorizer.ts';
import type { FormatContext } from '../policy/format.ts';
import type { LocalReply } from './failure.ts';
import type { ResponseTap, WholeResponse } from './response-tap.ts';
import type { Destination, RouteEntry } from './route-entry.ts';
import type { DownstreamPeer } from './streams.ts';

/** What a filter sees of an exchange. */
export interface FilteredExchange extends FormatContext {
  readonly request: RequestHead;
  /** Guards may run where there is none. */
  readonly route: RouteEntry;
  readonly peer: DownstreamPeer;
  /** The caller's Origin, once the route's CORS policy has allowed it; '' until then. */
  corsOrigin: string;
  /** Of the token that the request carried, once it has been verified. */
  claims: JwtClaims | null;
  /** What policies that decide nothing would have said; null = there are none. */
  dryRuns: DryRunResults | null;
  readonly scheme: string;
  readonly isOver: boolean;
  readonly hasBody: boolean;
  readonly destination: Destination | null;
  /** The cluster that the request goes to; '' = it goes to none. */
  readonly destinationName: string;
  /** Sees the host's answer pass; null for most. */
  tap: ResponseTap | null;
  addFlag(flag: ResponseFlag): void;
  /** Ends the exchange with an answer of the proxy's own. */
  sendLocalReply(reply: LocalReply): void;
  /** Ends the exchange with an answer that a host gave once. */
  sendWhole(response: WholeResponse, details: string): void;
  /** Sends the request to its host for the tap's sake, after the exchange has ended with an answer from elsewhere. */
  sendInBackground(tap: ResponseTap): void;
  /** Goes on behind a filter that said `wait`. */
  resumeFilters(): void;
  /**
   * Gathers the request's body for a filter that waits: to its end, or until there are so many bytes of it. It goes to
   * the host all the same. `onGathered` may be called at once.
   */
  gatherBody(maxBytes: number, onGathered: (body: Buffer, isWhole: boolean) => void): void;
  /** Looks for the route again: what it is chosen by has changed. */
  chooseRoute(): void;
  /** Runs `task` later, unless the exchange has ended by then. */
  after(delayMs: number, task: () => void): void;
}

export type FilterVerdict = 'continue' | 'stop' | 'wait';

/**
 * One concern on the way of a request. The synchronous path allocates nothing: a filter looks at the matched route and
 * says `continue`, or calls `sendLocalReply` and says `stop`, or says `wait` and calls `resumeFilters` later.
 */
export interface Filter {
  readonly name: string;
  onRequest(exchange: FilteredExchange): FilterVerdict;
  /** Sees every answer's head, local replies too, before it leaves. */
  onResponse?(exchange: FilteredExchange, head: ResponseHead): void;
  /** The exchange is over, however it ended. */
  onEnd?(exchange: FilteredExchange): void;
}
