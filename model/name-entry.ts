/** One name that the agent's resolver knows better than Docker does. */
export interface NameEntrySpec {
  /** Lower-case, no trailing dot: `reviews`, `reviews.default.svc.cluster.local`, `*.example.com`. */
  readonly name: string;
  /** IPv4 and IPv6 answers. Empty = the name exists without addresses (NOERROR, no records). */
  readonly addresses: readonly string[];
  /**
   * `answer`: the agent answers. `pass`: Docker's answer equals ours, so the question goes on to it and
   * UDP, ping and excluded ports go on working; `addresses` is then the answer for the time that Docker's
   * fails (every container away).
   */
  readonly mode: 'answer' | 'pass';
}
