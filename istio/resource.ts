import type { Labels } from '../model/labels.ts';

/** One valid document, whatever its kind; `spec` has the type of the kind's schema. */
export interface Resource<Spec = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Never empty: `default` where the document has none. */
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** RFC 3339 text, '' = not given. */
  readonly creationTimestamp: string;
  readonly spec: Spec;
  readonly position: Position;
  /** Hash of the document's content: equal for equal meaning. */
  readonly hash: string;
}

export interface Position {
  readonly file: string;
  /** 1-based line of the document's first key. */
  readonly line: number;
  /** 0-based place of the document in its file. */
  readonly index: number;
  /** 1-based line of a field path such as `spec.http[0]`, for messages that point into the document. */
  readonly lines: Readonly<Record<string, number>>;
}
