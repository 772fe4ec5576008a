/** Something that a user wrote wrong, as data: all are collected, and the valid rest is applied. */
export interface Violation {
  /** Istio's analyzer code where there is one (`IST0101`), else ours (`LAT0001`, docs/codes.md). */
  readonly code: string;
  readonly severity: 'Error' | 'Warning' | 'Info';
  readonly message: string;
  /** What to do about it, as a sentence; '' = the message says it all. */
  readonly remedy: string;
  /** `VirtualService default/reviews`, '' = not known (a file that cannot be parsed). */
  readonly resource: string;
  /** As given to the reader; with the 1-based line and column where the fault lies (0 = unknown). */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Field path: `spec.http[0].match[0].uri.prefx`, '' = the whole document. */
  readonly path: string;
}
