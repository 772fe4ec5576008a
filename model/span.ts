/** One operation of a trace, as OpenTelemetry and Zipkin know it. */
export interface Span {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** '' = the first of its trace. */
  readonly parentId: string;
  readonly kind: 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER' | 'INTERNAL';
  readonly name: string;
  /** `reviews.default`. */
  readonly service: string;
  /** Microseconds since 1970. */
  readonly startUs: number;
  readonly durationUs: number;
  readonly isError: boolean;
  readonly tags: Readonly<Record<string, string>>;
}
